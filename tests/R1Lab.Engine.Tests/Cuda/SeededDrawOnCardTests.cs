using R1Lab.Engine.Adapters;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Cuda;

/// <summary>Random numbers on a card follow from their seed, whatever else was drawn.</summary>
public sealed class SeededDrawOnCardTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [CardTheory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    [InlineData(ScalarType.Float16)]
    public void Fill_SameSeed_IsTheSameDrawWhateverCameBetween(ScalarType dtype)
    {
        // Seeds come from all 64 bits.
        var first = Kept(dtype, ulong.MaxValue - 5);
        _ = rand([1000], device: Card.Device.Torch);
        var other = Kept(dtype, 5);
        var again = Kept(dtype, ulong.MaxValue - 5);

        Assert.True(first.Equals(again));
        Assert.False(first.Equals(other));
        Assert.Equal((Card.Device.Torch.type, dtype), (first.device_type, first.dtype));
    }

    [CardFact]
    public void Fill_Bernoulli_KeepsItsShareInEveryPart()
    {
        var kept = Kept(ScalarType.Float32, 11);

        // A part of 50,000 has a standard deviation of 89.
        Assert.All(kept.view(4, -1).sum(1).cpu().data<float>().ToArray(), sum => Assert.Equal(40_000, sum, 1_000f));
        Assert.Equal(200_000, (kept.eq(0) | kept.eq(1)).sum().ToInt64());
    }

    private static Tensor Kept(ScalarType dtype, ulong seed) =>
        SeededDraw.Fill(empty([200, 1000], dtype, Card.Device.Torch), seed, (mask, generator) => mask.bernoulli_(0.8, generator));
}
