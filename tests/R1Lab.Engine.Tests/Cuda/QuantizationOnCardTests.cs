using R1Lab.Engine.Quantization;
using R1Lab.Engine.Tests.Quantization;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Cuda;

/// <summary>What is quantised on a card is what is quantised on the CPU.</summary>
public sealed class QuantizationOnCardTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    /// <summary>Whole blocks, a rest, an odd count, and more than one piece of the CPU (2^20 numbers).</summary>
    public static TheoryData<int, long, long> Shapes => new() { { 1, 8, 64 }, { 2, 7, 100 }, { 3, 5, 13 }, { 4, 256, 512 }, { 5, 1025, 1031 } };

    [CardTheory, MemberData(nameof(Shapes))]
    public void Nf4_SingleScales_IsTheCpusToTheBit(int seed, long outputs, long inputs)
    {
        var weight = Nf4WeightTests.Random(seed, outputs, inputs);

        var (card, cpu) = Both(weight, each => Nf4Weight.Quantize(each, doubleQuantization: false), ScalarType.Float32);

        Assert.Equal(cpu, card);
    }

    // The mean of the scales is a sum, which a card adds up in another order; a scale that lies on a border may then get the neighbouring byte.
    [CardTheory, MemberData(nameof(Shapes))]
    public void Nf4_DoubleScales_IsTheCpusButForTheRoundingOfAMean(int seed, long outputs, long inputs)
    {
        var weight = Nf4WeightTests.Random(seed, outputs, inputs);

        var (card, cpu) = Both(weight, each => Nf4Weight.Quantize(each, doubleQuantization: true), ScalarType.Float32);

        var near = 1e-6f * cpu.Max(Math.Abs);
        Assert.InRange(card.Zip(cpu).Count(pair => Math.Abs(pair.First - pair.Second) > near), 0, cpu.Length / 1000);
    }

    [CardTheory, MemberData(nameof(Shapes))]
    public void Int8_AnyWeight_IsTheCpusToTheBit(int seed, long outputs, long inputs)
    {
        var weight = Nf4WeightTests.Random(seed, outputs, inputs);

        var (card, cpu) = Both(weight, Int8Weight.Quantize, ScalarType.Float32);

        Assert.Equal(cpu, card);
    }

    [CardTheory]
    [InlineData(ScalarType.BFloat16)]
    [InlineData(ScalarType.Float16)]
    public void Dense_NarrowType_IsTheCpus(ScalarType dtype)
    {
        var weight = Nf4WeightTests.Random(31, 64, 96).to(dtype);

        var (card, cpu) = Both(weight, each => Nf4Weight.Quantize(each, doubleQuantization: false), dtype);

        Assert.Equal(cpu, card);
    }

    [CardTheory]
    [InlineData(1, 1024, true)]
    [InlineData(2, 1000, true)]
    [InlineData(3, 5000, false)]
    public void ByteBlocks_WrittenAndRead_AreTheCpus(int seed, int count, bool signed)
    {
        var numbers = Nf4WeightTests.Random(seed, count);
        if (!signed) numbers = numbers.abs();
        using var card = new ByteBlocks(count, signed, Card.Device.Torch);
        using var cpu = new ByteBlocks(count, signed, CPU);

        card.Write(0, numbers.to(Card.Device.Torch));
        cpu.Write(0, numbers);

        Assert.Equal(cpu.Codes.data<byte>().ToArray(), card.Codes.cpu().data<byte>().ToArray());
        Assert.Equal(Nf4WeightTests.Numbers(cpu.Read(0, count)), Nf4WeightTests.Numbers(card.Read(0, count)));
        Assert.Equal(Nf4WeightTests.Numbers(cpu.Read(256, count - 256)), Nf4WeightTests.Numbers(card.Read(256, count - 256)));
    }

    private static (float[] Card, float[] Cpu) Both(Tensor weight, Func<Tensor, IQuantizedWeight> quantize, ScalarType dtype)
    {
        using var onCard = quantize(weight.to(Card.Device.Torch));
        using var onCpu = quantize(weight);
        Assert.Equal(onCpu.MemoryBytes, onCard.MemoryBytes);
        return (Nf4WeightTests.Numbers(onCard.Dense(dtype)), Nf4WeightTests.Numbers(onCpu.Dense(dtype)));
    }
}
