using R1Lab.Engine.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Quantization;

/// <summary>
/// 4-bit NormalFloat (QLoRA, arXiv 2305.14314, section 3): blocks of 64 numbers in row order share their largest magnitude, and each number is
/// the nearest of 16 quantiles of the normal distribution. Double quantisation stores the blocks' scales, less their mean, in 8 bits:
/// 4 + 8/64 + 32/(64·256) = 4.127 bits a parameter instead of 4.5. The first of two numbers stands in a byte's high half, as in bitsandbytes.
/// </summary>
internal sealed class Nf4Weight : IQuantizedWeight
{
    public const int BlockSize = 64;

    private const int BytesPerBlock = BlockSize / 2;

    // Numbers worked on at once: their float32 and index temporaries stay small beside the weight.
    private const long PieceOnCpu = 1 << 20;
    private const long PieceOnCard = 1 << 23;

    private readonly Tensor _codes;
    private readonly Tensor _pairs;
    private readonly Tensor? _scales;
    private readonly ByteBlocks? _scaleBytes;
    private readonly float _scaleMean;

    private Nf4Weight(Tensor codes, Tensor scales, long outputs, long inputs, bool doubleQuantization)
    {
        (_codes, Outputs, Inputs) = (codes.DetachFromDisposeScope(), outputs, inputs);
        _pairs = Pairs(codes.device).DetachFromDisposeScope();
        if (!doubleQuantization)
        {
            _scales = scales.DetachFromDisposeScope();
            return;
        }

        _scaleMean = scales.mean().ToSingle();
        _scaleBytes = new ByteBlocks(scales.numel(), signed: true, codes.device);
        _scaleBytes.Write(0, scales - _scaleMean);
    }

    /// <summary>The 16 numbers, from the reference code of the paper.</summary>
    public static IReadOnlyList<float> Values { get; } =
    [
        -1.0f, -0.6961928009986877f, -0.5250730514526367f, -0.39491748809814453f, -0.28444138169288635f, -0.18477343022823334f, -0.09105003625154495f, 0.0f,
        0.07958029955625534f, 0.16093020141124725f, 0.24611230194568634f, 0.33791524171829224f, 0.44070982933044434f, 0.5626170039176941f, 0.7229568362236023f, 1.0f,
    ];

    public long Outputs { get; }

    public long Inputs { get; }

    public Device Device => _codes.device;

    public long MemoryBytes => _codes.numel() + (_scaleBytes?.MemoryBytes ?? _scales!.numel() * sizeof(float));

    /// <summary>Quantises a weight, piece by piece; the weight itself stays as it is.</summary>
    /// <param name="weight">[out,in] of any floating type, finite.</param>
    /// <param name="doubleQuantization">Whether the blocks' scales are quantised too.</param>
    public static Nf4Weight Quantize(Tensor weight, bool doubleQuantization)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var flat = weight.contiguous().view(-1);
        var blocks = (flat.numel() + BlockSize - 1) / BlockSize;
        var codes = empty([blocks * BytesPerBlock], ScalarType.Byte, weight.device);
        var scales = empty([blocks], ScalarType.Float32, weight.device);
        var nearest = new NearestCode(Values, weight.device);
        var piece = PieceFor(weight.device);
        for (var start = 0L; start < flat.numel(); start += piece)
        {
            QuantizePiece(flat.narrow(0, start, Math.Min(piece, flat.numel() - start)), start / BlockSize, codes, scales, nearest);
        }

        return new Nf4Weight(codes, scales, weight.size(0), weight.size(1), doubleQuantization);
    }

    /// <inheritdoc/>
    public Tensor Dense(ScalarType dtype) => Dense(dtype, dense =>
    {
        var done = Device.type == DeviceType.CUDA && DequantizeKernels.TryNf4(_codes, _scales, _scaleBytes, _scaleMean, dense);
        if (!done) FillByOperators(dense);
    });

    /// <summary>The same by libtorch's operators, on any device.</summary>
    internal Tensor DenseByOperators(ScalarType dtype) => Dense(dtype, FillByOperators);

    public void Dispose()
    {
        _codes.Dispose();
        _pairs.Dispose();
        _scales?.Dispose();
        _scaleBytes?.Dispose();
    }

    private Tensor Dense(ScalarType dtype, Action<Tensor> fill)
    {
        using var noGradient = no_grad();
        using var scope = NewDisposeScope();
        var dense = empty([_codes.numel() / BytesPerBlock, BlockSize], dtype, Device);
        fill(dense);
        return dense.view(-1).narrow(0, 0, Outputs * Inputs).view(Outputs, Inputs).MoveToOuterDisposeScope();
    }

    private void FillByOperators(Tensor dense)
    {
        var blocks = dense.size(0);
        var scales = _scales ?? _scaleBytes!.Read(0, blocks).add_(_scaleMean);
        var piece = PieceFor(Device) / BlockSize;
        for (var first = 0L; first < blocks; first += piece)
        {
            using var pieceScope = NewDisposeScope();
            var count = Math.Min(piece, blocks - first);
            var places = _codes.narrow(0, first * BytesPerBlock, count * BytesPerBlock).to(ScalarType.Int32);
            var numbers = Reinterpret(_pairs.index_select(0, places), ScalarType.Float32).view(count, BlockSize);
            // The product is float32 and is rounded to the weight's type as it is stored.
            Dispatcher.Call("aten::mul", "out", numbers, scales.narrow(0, first, count).unsqueeze(1), dense.narrow(0, first, count));
        }
    }

    private static void QuantizePiece(Tensor piece, long firstBlock, Tensor codes, Tensor scales, NearestCode nearest)
    {
        using var scope = NewDisposeScope();
        var numbers = piece.to(ScalarType.Float32);
        if (numbers.numel() % BlockSize is var rest and > 0) numbers = nn.functional.pad(numbers, [0, BlockSize - rest]);
        numbers = numbers.view(-1, BlockSize);
        var largest = numbers.abs().amax([1]);
        var places = nearest.Of((numbers * ByteBlocks.Reciprocal(largest).unsqueeze(1)).view(-1)).view(-1, 2);
        codes.narrow(0, firstBlock * BytesPerBlock, places.size(0)).copy_(places.select(1, 0).mul(16).add_(places.select(1, 1)));
        scales.narrow(0, firstBlock, largest.numel()).copy_(largest);
    }

    // A byte stands for two numbers: looked up together as the 64 bits that two float32 are.
    private static Tensor Pairs(Device device)
    {
        var pairs = Enumerable.Range(0, 256).SelectMany(code => (float[])[Values[code >> 4], Values[code & 15]]).ToArray();
        return Reinterpret(tensor(pairs, device: device), ScalarType.Int64);
    }

    private static Tensor Reinterpret(Tensor tensor, ScalarType dtype) => Dispatcher.Call("aten::view", "dtype", tensor, dtype);

    private static long PieceFor(Device device) => device.type == DeviceType.CUDA ? PieceOnCard : PieceOnCpu;
}
