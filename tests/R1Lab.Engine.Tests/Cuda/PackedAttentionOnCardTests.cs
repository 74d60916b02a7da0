using R1Lab.Engine.Devices;
using R1Lab.Engine.Modeling;
using R1Lab.Engine.Tests.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Cuda;

/// <summary>The kernel that takes all packed runs at once beside attention run by run, forward and backward.</summary>
public sealed class PackedAttentionOnCardTests
{
    private const double Close = 2e-2;

    /// <summary>Ids of lines one behind the other, tokens of a line, head size, heads of keys and values (4 query heads share them).</summary>
    public static TheoryData<string, long[], int, int, int> Layouts
    {
        get
        {
            var data = new TheoryData<string, long[], int, int, int>();
            foreach (var (dim, keyHeads) in new[] { (64, 2), (128, 1), (128, 4), (16, 2) })
            {
                data.Add("one run", Ids((1, 40)), 40, dim, keyHeads);
                data.Add("single tokens", Ids((1, 1), (2, 1), (3, 30), (4, 1), (5, 7)), 40, dim, keyHeads);
                data.Add("padding", Ids((1, 9), (2, 20), (0, 11), (1, 39), (0, 1)), 40, dim, keyHeads);
                data.Add("many and long", Ids([.. Enumerable.Range(1, 20).Select(run => ((long)run, 1 + run % 7 * 3)), (21L, 300)]), 500, dim, keyHeads);
            }

            return data;

            static long[] Ids(params (long Id, int Length)[] runs) => [.. runs.SelectMany(run => Enumerable.Repeat(run.Id, run.Length))];
        }
    }

    [CardTheory]
    [InlineData(ScalarType.BFloat16, true)]
    [InlineData(ScalarType.Float16, true)]
    [InlineData(ScalarType.Float32, false)]
    public void TakesAtOnce_NarrowTypesOnACard_IsTrue(ScalarType dtype, bool expected)
    {
        foreach (var dim in (int[])[16, 64, 128])
        {
            using var decoder = ModelLoader.CreateRandom(GoldenTensors.Config("qwen3") with { HeadDim = dim }, Card.Device, dtype, 1);

            Assert.Equal(expected && !Card.IsStandIn, PackedSegments.TakesAtOnce(decoder));
        }
    }

    [CardTheory, MemberData(nameof(Layouts))]
    public void Attend_AllRunsAtOnce_IsRunByRunInFloat32(string layout, long[] ids, int line, int dim, int keyHeads)
    {
        _ = layout;
        using var scope = NewDisposeScope();
        // Lines are filled up by a run of their own.
        long[] whole = [.. ids, .. Enumerable.Repeat(99L, (line - ids.Length % line) % line)];
        var segments = tensor(whole, [whole.Length / line, line]);
        using var generator = new Generator(4);
        Tensor Random(long heads) => randn([whole.Length, heads, dim], generator: generator).to(ScalarType.BFloat16);
        var (q, k, v, outer) = (Random(4), Random(keyHeads), Random(keyHeads), Random(4));

        var expected = Attended(PackedSegments.Of(segments, atOnce: false), [.. new[] { q, k, v, outer }.Select(x => x.to(ScalarType.Float32))]);
        var actual = Attended(PackedSegments.Of(segments.to(Card.Device.Torch), atOnce: !Card.IsStandIn), [.. new[] { q, k, v, outer }.Select(x => x.to(Card.Device.Torch))]);

        Assert.All(expected.Zip(actual), pair => Assert.InRange(Relative.Distance(pair.Second, pair.First), 0, Close));
    }

    // The result and the gradients of queries, keys and values.
    private static Tensor[] Attended(PackedSegments segments, Tensor[] inputs)
    {
        var leaves = inputs.Take(3).Select(x => x.detach().clone().requires_grad_()).ToArray();
        var attended = segments.Attend(leaves[0], leaves[1], leaves[2]);
        (attended * inputs[3]).sum().backward();
        return [attended.detach(), .. leaves.Select(x => x.grad!)];
    }
}
