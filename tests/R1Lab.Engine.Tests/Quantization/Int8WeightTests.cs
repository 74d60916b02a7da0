using R1Lab.Engine.Quantization;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Quantization;

public sealed class Int8WeightTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    [Theory]
    [InlineData(1, 5, 13)]
    [InlineData(2, 64, 96)]
    [InlineData(3, 1200, 4000)]
    public void Dense_RandomWeight_IsTheScalarRoundTrip(int seed, int outputs, int inputs)
    {
        var weight = Nf4WeightTests.Random(seed, outputs, inputs);

        using var quantized = Int8Weight.Quantize(weight);

        var (exact, dense) = (Nf4WeightTests.Numbers(weight), Nf4WeightTests.Numbers(quantized.Dense(ScalarType.Float32)));
        Assert.All(exact.Chunk(inputs).Zip(dense.Chunk(inputs)), row =>
        {
            var scale = row.First.Max(Math.Abs) / 127;
            Assert.InRange(row.First.Zip(row.Second, (a, b) => Math.Abs(a - b)).Max(), 0, scale * 0.501f);
            Assert.InRange(row.Second.Max(b => Math.Abs(b / scale - MathF.Round(b / scale))), 0, 1e-3f);
        });
        Assert.Equal(outputs * inputs + 4L * outputs, quantized.MemoryBytes);
    }

    [Fact]
    public void Dense_ZeroRow_StaysZero()
    {
        using var quantized = Int8Weight.Quantize(cat([zeros(1, 8), ones(1, 8)]));

        Assert.Equal([.. Enumerable.Repeat(0f, 8), .. Enumerable.Repeat(1f, 8)], Nf4WeightTests.Numbers(quantized.Dense(ScalarType.BFloat16)));
    }
}
