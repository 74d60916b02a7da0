using R1Lab.Engine.Quantization;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Quantization;

public sealed class ByteBlocksTests : IDisposable
{
    private readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    // From bitsandbytes' create_dynamic_map: seven decades of 2^i (signed) or 2^(i+1) (unsigned) middles of equal steps, 0 and 1.
    [Fact]
    public void DynamicMap_BothSigns_HaveThePublishedNumbers()
    {
        Assert.Equal((256, 256), (DynamicMap.Signed.Length, DynamicMap.Unsigned.Length));
        Assert.Equal([-0.99296875f, -0.97890625f], DynamicMap.Signed[..2]);
        Assert.Equal([-5.5e-7f, 0f, 5.5e-7f], DynamicMap.Signed[126..129]);
        Assert.Equal([0.97890625f, 0.99296875f, 1f], DynamicMap.Signed[^3..]);
        Assert.Equal([0f, 3.25e-7f, 7.75e-7f], DynamicMap.Unsigned[..3]);
        Assert.Equal([0.996484375f, 1f], DynamicMap.Unsigned[^2..]);
    }

    [Theory]
    [InlineData(1, 1024, true)]
    [InlineData(2, 1000, true)]
    [InlineData(3, 77, false)]
    public void Read_AfterWrite_IsTheNearestEntryTimesTheBlocksScale(int seed, int count, bool signed)
    {
        var numbers = Nf4WeightTests.Random(seed, count);
        if (!signed) numbers = numbers.abs();
        using var blocks = new ByteBlocks(count, signed, CPU);

        blocks.Write(0, numbers);

        var map = signed ? DynamicMap.Signed : DynamicMap.Unsigned;
        var expected = Nf4WeightTests.Numbers(numbers).Chunk(256).SelectMany(block =>
        {
            var scale = block.Max(Math.Abs);
            return block.Select(number => map.MinBy(value => Math.Abs(value - (double)number * (1 / scale))) * scale);
        });
        Assert.Equal(expected, Nf4WeightTests.Numbers(blocks.Read(0, count)));
    }

    [Fact]
    public void Write_InPieces_IsTheWholeAtOnce()
    {
        var numbers = Nf4WeightTests.Random(5, 900);
        using var whole = new ByteBlocks(900, signed: true, CPU);
        using var pieces = new ByteBlocks(900, signed: true, CPU);
        whole.Write(0, numbers);

        pieces.Write(0, numbers.narrow(0, 0, 512));
        pieces.Write(512, numbers.narrow(0, 512, 388));

        Assert.Equal(Nf4WeightTests.Numbers(whole.Read(0, 900)), Nf4WeightTests.Numbers(pieces.Read(0, 900)));
        Assert.Equal(Nf4WeightTests.Numbers(whole.Read(512, 388)), Nf4WeightTests.Numbers(whole.Read(0, 900))[512..]);
    }

    [Fact]
    public void Read_Fresh_IsZero()
    {
        using var blocks = new ByteBlocks(300, signed: true, CPU);

        Assert.All(Nf4WeightTests.Numbers(blocks.Read(0, 300)), number => Assert.Equal(0, number));
    }
}
