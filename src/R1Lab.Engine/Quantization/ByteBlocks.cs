using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Quantization;

/// <summary>
/// A row of numbers in one byte each: blocks of 256 share their largest magnitude as a float32 scale, and each number is the nearest entry of
/// a <see cref="DynamicMap"/> (block-wise dynamic quantisation, arXiv 2110.02861). About 1.016 bytes a number.
/// </summary>
internal sealed class ByteBlocks : IDisposable
{
    public const int BlockSize = 256;

    private readonly Tensor _borders;

    /// <summary><paramref name="count"/> zeros.</summary>
    /// <param name="signed">False where no number is below 0: twice as fine.</param>
    public ByteBlocks(long count, bool signed, Device device)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var map = signed ? DynamicMap.Signed : DynamicMap.Unsigned;
        var blocks = (count + BlockSize - 1) / BlockSize;
        Count = count;
        Map = tensor(map, device: device).DetachFromDisposeScope();
        _borders = tensor(DynamicMap.Borders(map), device: device).DetachFromDisposeScope();
        Codes = full([blocks * BlockSize], Array.IndexOf(map, 0f), ScalarType.Byte, device).DetachFromDisposeScope();
        Scales = zeros([blocks], ScalarType.Float32, device).DetachFromDisposeScope();
    }

    public long Count { get; }

    /// <summary>[256] float32.</summary>
    public Tensor Map { get; }

    /// <summary>[blocks * 256] uint8: places in the map.</summary>
    public Tensor Codes { get; }

    /// <summary>[blocks] float32.</summary>
    public Tensor Scales { get; }

    public long MemoryBytes => Codes.numel() + Scales.numel() * sizeof(float);

    /// <summary>Numbers from <paramref name="start"/>, a block's first place: [count] float32 in the caller's dispose scope.</summary>
    public Tensor Read(long start, long count)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var (first, blocks) = Span(start, count);
        var places = Codes.narrow(0, start, blocks * BlockSize).to(ScalarType.Int32);
        var numbers = Map.index_select(0, places).view(blocks, BlockSize).mul_(Scales.narrow(0, first, blocks).unsqueeze(1));
        return numbers.view(-1).narrow(0, 0, count).MoveToOuterDisposeScope();
    }

    /// <summary>Stores numbers [count] float32 from <paramref name="start"/>, a block's first place; they end a block or the whole.</summary>
    public void Write(long start, Tensor numbers)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var count = numbers.numel();
        var (first, blocks) = Span(start, count);
        var whole = count == blocks * BlockSize ? numbers : nn.functional.pad(numbers, [0, blocks * BlockSize - count]);
        whole = whole.view(blocks, BlockSize);
        var scales = whole.abs().amax([1]);
        var places = bucketize(whole * Reciprocal(scales).unsqueeze(1), _borders, outInt32: true, right: false);
        Codes.narrow(0, start, blocks * BlockSize).copy_(places.view(-1));
        Scales.narrow(0, first, blocks).copy_(scales);
    }

    /// <summary>One over each scale; finite where a block holds nothing but zeros.</summary>
    public static Tensor Reciprocal(Tensor scales) => scales.clamp(min: 1.1754944e-38f).reciprocal_();

    public void Dispose()
    {
        foreach (var tensor in (Tensor[])[Codes, Scales, Map, _borders]) tensor.Dispose();
    }

    private static (long First, long Blocks) Span(long start, long count) => (start / BlockSize, (count + BlockSize - 1) / BlockSize);
}
