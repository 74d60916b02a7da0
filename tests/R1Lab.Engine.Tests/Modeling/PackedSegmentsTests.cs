using R1Lab.Engine.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Modeling;

public sealed class PackedSegmentsTests
{
    [Theory]
    [InlineData(new long[] { 1, 1, 1, 1, 2, 2 }, 6, new long[] { 4, 2 })]
    [InlineData(new long[] { 1, 1, 1, 1, 2, 2 }, 3, new long[] { 3, 1, 2 })] // the same id goes on over a line's end: another example
    [InlineData(new long[] { 1, 1, 2, 0, 0, 1, 2, 3, 3, 3 }, 5, new long[] { 2, 1, 2, 1, 1, 3 })] // padding behind the first line
    [InlineData(new long[] { 7 }, 1, new long[] { 1 })]
    [InlineData(new long[] { 1, 2, 1 }, 3, new long[] { 1, 1, 1 })]
    public void LengthsOf_Ids_AreTheRunsInsideEachLine(long[] ids, long line, long[] expected)
    {
        var lengths = PackedSegments.LengthsOf(ids, line);

        Assert.Equal(expected, lengths);
    }

    [Fact]
    public void BoundsOf_Lengths_StartAtZeroAndEndWithTheLastToken()
    {
        var bounds = PackedSegments.BoundsOf([4, 2, 1, 5]);

        Assert.Equal([0, 4, 6, 7, 12], bounds);
    }

    [Fact]
    public void TakesAtOnce_OnTheCpu_IsFalse()
    {
        using var decoder = TestDecoders.Load("llama_base");

        var takes = PackedSegments.TakesAtOnce(decoder);

        Assert.False(takes);
    }

    // The reference is one attention over everything with a mask; 4 query heads share 2 of keys and values.
    [Theory]
    [InlineData(4)]
    [InlineData(2)]
    public void Attend_RunByRun_IsAttentionUnderABlockDiagonalMaskWithItsGradients(long keyHeads)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(3);
        long[] ids = [1, 1, 1, 2, 2, 2, 2, 2, 3, 0, 0, 0];
        var (q, k, v) = (Random(4), Random(keyHeads), Random(keyHeads));
        var outer = rand(12, 4, 8, generator: generator);

        var attended = PackedSegments.Of(tensor(ids).view(1, 12), atOnce: false).Attend(q, k, v);
        (attended * outer).sum().backward();
        var gradients = new[] { q, k, v }.Select(x => x.grad!.clone()).ToArray();
        foreach (var x in new[] { q, k, v }) x.grad = null;
        var whole = Masked(q, k, v, ids);
        (whole * outer).sum().backward();

        Assert.InRange(GoldenTensors.Distance(attended.detach(), whole.detach()), 0, 2e-6);
        Assert.All(gradients.Zip(new[] { q, k, v }), pair => Assert.InRange(GoldenTensors.Distance(pair.First, pair.Second.grad!), 0, 2e-6));

        Tensor Random(long heads) => rand(12, heads, 8, generator: generator).requires_grad_();
    }

    private static Tensor Masked(Tensor q, Tensor k, Tensor v, long[] ids)
    {
        var segments = tensor(ids);
        var allowed = segments.unsqueeze(1).eq(segments.unsqueeze(0)).tril();
        var group = q.size(1) / k.size(1);
        var (keys, values) = (k.repeat_interleave(group, 1).transpose(0, 1), v.repeat_interleave(group, 1).transpose(0, 1));
        var scores = q.transpose(0, 1).matmul(keys.transpose(1, 2)) / Math.Sqrt(q.size(2));
        return scores.masked_fill(allowed.logical_not(), float.NegativeInfinity).softmax(-1).matmul(values).transpose(0, 1);
    }
}
