using R1Lab.Engine.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Quantization;

/// <summary>
/// 8-bit integers: each output row is scaled by its largest magnitude over 127 and rounded to the nearest whole number (symmetric, per channel).
/// 8 bits a parameter and 32 a row; the error of a number is at most half its row's scale.
/// </summary>
internal sealed class Int8Weight : IQuantizedWeight
{
    private const float Largest = 127;

    private readonly Tensor _codes;
    private readonly Tensor _scales;

    private Int8Weight(Tensor codes, Tensor scales) => (_codes, _scales) = (codes.DetachFromDisposeScope(), scales.DetachFromDisposeScope());

    public long Outputs => _codes.size(0);

    public long Inputs => _codes.size(1);

    public Device Device => _codes.device;

    public long MemoryBytes => _codes.numel() + _scales.numel() * sizeof(float);

    /// <summary>Quantises a weight; the weight itself stays as it is.</summary>
    /// <param name="weight">[out,in] of any floating type, finite.</param>
    public static Int8Weight Quantize(Tensor weight)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var codes = empty(weight.shape, ScalarType.Int8, weight.device);
        var scales = empty([weight.size(0), 1], ScalarType.Float32, weight.device);
        // By a number a card would multiply with its rounded reciprocal; by a tensor it divides as the CPU does.
        var largest = full([], Largest, ScalarType.Float32, weight.device);
        foreach (var (first, count) in Pieces(weight.size(0), weight.size(1)))
        {
            using var pieceScope = NewDisposeScope();
            var rows = weight.narrow(0, first, count).to(ScalarType.Float32);
            var scale = rows.abs().amax([1], keepdim: true).div_(largest);
            codes.narrow(0, first, count).copy_((rows * ByteBlocks.Reciprocal(scale)).round_().clamp_(-Largest, Largest));
            scales.narrow(0, first, count).copy_(scale);
        }

        return new Int8Weight(codes, scales);
    }

    /// <inheritdoc/>
    public Tensor Dense(ScalarType dtype) => Dense(dtype, dense =>
    {
        var done = Device.type == DeviceType.CUDA && DequantizeKernels.TryInt8(_codes, _scales, dense);
        if (!done) FillByOperators(dense);
    });

    /// <summary>The same by libtorch's operators, on any device.</summary>
    internal Tensor DenseByOperators(ScalarType dtype) => Dense(dtype, FillByOperators);

    public void Dispose()
    {
        _codes.Dispose();
        _scales.Dispose();
    }

    private Tensor Dense(ScalarType dtype, Action<Tensor> fill)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var dense = empty(_codes.shape, dtype, Device);
        fill(dense);
        return dense.MoveToOuterDisposeScope();
    }

    private void FillByOperators(Tensor dense)
    {
        foreach (var (first, count) in Pieces(Outputs, Inputs))
        {
            using var pieceScope = NewDisposeScope();
            // The product is float32 and is rounded to the weight's type as it is stored.
            Dispatcher.Call("aten::mul", "out", _codes.narrow(0, first, count), _scales.narrow(0, first, count), dense.narrow(0, first, count));
        }
    }

    // Rows worked on at once: their float32 temporaries stay within 2^22 numbers.
    private static IEnumerable<(long First, long Count)> Pieces(long rows, long columns)
    {
        var piece = Math.Max(1, (1L << 22) / columns);
        for (var first = 0L; first < rows; first += piece) yield return (first, Math.Min(piece, rows - first));
    }
}
