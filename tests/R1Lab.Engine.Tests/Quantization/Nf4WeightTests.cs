using R1Lab.Engine.Quantization;
using R1Lab.Engine.Tests.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Quantization;

/// <summary>Compared with a scalar implementation of its own: nearest of the 16 numbers by trying all, block by block.</summary>
public sealed class Nf4WeightTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    /// <summary>Sizes: whole blocks, a rest, an odd count, less than a block, more than one piece (2^20 numbers).</summary>
    public static TheoryData<int, long, long> Shapes => new() { { 1, 8, 64 }, { 2, 7, 100 }, { 3, 5, 13 }, { 4, 3, 7 }, { 5, 1025, 1031 } };

    [Theory, MemberData(nameof(Shapes))]
    public void Dense_RandomWeight_IsTheScalarRoundTrip(int seed, long outputs, long inputs)
    {
        var weight = Random(seed, outputs, inputs);

        using var quantized = Nf4Weight.Quantize(weight, doubleQuantization: false);

        Assert.Equal(ScalarRoundTrip(Numbers(weight)), Numbers(quantized.Dense(ScalarType.Float32)));
    }

    [Theory, MemberData(nameof(Shapes))]
    public void Dense_RandomWeight_ErrsByHalfAStepAtMost(int seed, long outputs, long inputs)
    {
        var weight = Random(seed, outputs, inputs);

        using var quantized = Nf4Weight.Quantize(weight, doubleQuantization: false);

        // The widest gap between neighbours is 1 - 0.6962 = 0.3038 of the block's largest number.
        var (exact, dense) = (Numbers(weight), Numbers(quantized.Dense(ScalarType.Float32)));
        Assert.All(exact.Chunk(64).Zip(dense.Chunk(64)), block =>
            Assert.InRange(block.First.Zip(block.Second, (a, b) => Math.Abs(a - b)).Max(), 0, 0.15192f * block.First.Max(Math.Abs)));
    }

    [Theory]
    [InlineData(11, 256, 512)]
    [InlineData(12, 37, 129)]
    public void Dense_DoubleQuantized_IsCloseToSingle(int seed, long outputs, long inputs)
    {
        var weight = Random(seed, outputs, inputs);
        using var single = Nf4Weight.Quantize(weight, doubleQuantization: false);

        using var twice = Nf4Weight.Quantize(weight, doubleQuantization: true);

        // Scales less their mean, in 8 bits: the widest gap of the signed map is 0.9/64 of the largest; half of it is the most a scale can err.
        var scales = Numbers(weight).Chunk(64).Select(block => block.Max(Math.Abs)).ToArray();
        var most = scales.Chunk(256).Max(part => part.Max(scale => Math.Abs(scale - scales.Average()))) * (0.9f / 64) / 2 * 1.01f;
        Assert.InRange(GoldenTensors.Distance(twice.Dense(ScalarType.Float32), single.Dense(ScalarType.Float32)), 0, most + 1e-6f);
    }

    [Fact]
    public void Quantize_ZeroBlocksAndExactNumbers_AreKept()
    {
        float[] numbers = [.. Enumerable.Repeat(0f, 64), .. Nf4Weight.Values.SelectMany(value => Enumerable.Repeat(value * 3, 4))];

        using var quantized = Nf4Weight.Quantize(tensor(numbers, [2, 64]), doubleQuantization: false);

        Assert.Equal(numbers, Numbers(quantized.Dense(ScalarType.Float32)));
    }

    [Fact]
    public void Quantize_OnlyZeros_StaysZeroWhenScalesAreQuantizedToo()
    {
        using var quantized = Nf4Weight.Quantize(zeros(3, 70), doubleQuantization: true);

        Assert.Equal(0, quantized.Dense(ScalarType.Float32).abs().max().item<float>());
    }

    [Theory]
    [InlineData(true, 4.127)]
    [InlineData(false, 4.5)]
    public void MemoryBytes_WholeBlocks_AreThePapersBitsAParameter(bool doubleQuantization, double bits)
    {
        using var quantized = Nf4Weight.Quantize(Random(21, 1024, 1024), doubleQuantization);

        Assert.Equal(bits, quantized.MemoryBytes * 8.0 / (1024 * 1024), 1e-3);
    }

    [Theory]
    [InlineData(ScalarType.BFloat16)]
    [InlineData(ScalarType.Float16)]
    public void Dense_NarrowType_IsTheFloatRounded(ScalarType dtype)
    {
        using var quantized = Nf4Weight.Quantize(Random(31, 16, 96).to(dtype), doubleQuantization: true);

        var dense = quantized.Dense(dtype);

        Assert.Equal(dtype, dense.dtype);
        Assert.Equal(Numbers(quantized.Dense(ScalarType.Float32).to(dtype)), Numbers(dense));
    }

    private static float[] ScalarRoundTrip(float[] numbers) => [.. numbers.Chunk(64).SelectMany(block =>
    {
        var scale = block.Max(Math.Abs);
        return block.Select(number => Nf4Weight.Values.MinBy(value => Math.Abs(value - (double)number * (1 / scale))) * scale);
    })];

    internal static Tensor Random(int seed, params long[] shape) => empty(shape, ScalarType.Float32).normal_(0, 0.02, new Generator((ulong)seed));

    internal static float[] Numbers(Tensor tensor) => tensor.to(ScalarType.Float32).cpu().contiguous().data<float>().ToArray();
}
