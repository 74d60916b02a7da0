using R1Lab.Engine.Quantization;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Training;

/// <summary>First and second moment of one parameter's gradient, in float32 or in 8-bit blocks (arXiv 2110.02861).</summary>
internal sealed class Moments : IDisposable
{
    /// <summary>Tensors with fewer numbers keep float32: they cost nothing, and norms and biases are the ones that suffer.</summary>
    public const long LeastForBytes = 4096;

    // Numbers unpacked at once: a multiple of the block, and small beside the parameter.
    private const long Piece = 1 << 22;

    private readonly Tensor? _first;
    private readonly Tensor? _second;
    private readonly ByteBlocks? _firstBytes;
    private readonly ByteBlocks? _secondBytes;

    /// <param name="like">The parameter.</param>
    /// <param name="inBytes">8 bits a number, where the parameter is large enough.</param>
    public Moments(Tensor like, bool inBytes)
    {
        InBytes = inBytes && like.numel() >= LeastForBytes;
        if (InBytes)
        {
            _firstBytes = new ByteBlocks(like.numel(), signed: true, like.device);
            _secondBytes = new ByteBlocks(like.numel(), signed: false, like.device);
            return;
        }

        _first = zeros_like(like, dtype: ScalarType.Float32).DetachFromDisposeScope();
        _second = zeros_like(like, dtype: ScalarType.Float32).DetachFromDisposeScope();
    }

    public bool InBytes { get; }

    public Tensor First => _first ?? throw new InvalidOperationException("These moments are held in bytes.");

    public Tensor Second => _second ?? throw new InvalidOperationException("These moments are held in bytes.");

    public long MemoryBytes => InBytes ? _firstBytes!.MemoryBytes + _secondBytes!.MemoryBytes : 2 * sizeof(float) * First.numel();

    /// <summary>Unpacks a piece, lets it be worked on, packs it again, piece by piece.</summary>
    /// <param name="update">Given first place, first and second moment [count] float32, to change in place.</param>
    public void Update(Action<long, Tensor, Tensor> update)
    {
        var count = _firstBytes!.Count;
        for (var start = 0L; start < count; start += Piece)
        {
            using var scope = NewDisposeScope();
            var length = Math.Min(Piece, count - start);
            var (first, second) = (_firstBytes.Read(start, length), _secondBytes!.Read(start, length));
            update(start, first, second);
            _firstBytes.Write(start, first);
            _secondBytes.Write(start, second);
        }
    }

    /// <summary>What a snapshot keeps, by what it is.</summary>
    public IEnumerable<(string Part, Tensor Tensor)> State() => InBytes
        ? [("first_moment", _firstBytes!.Codes), ("first_moment_scales", _firstBytes.Scales), ("second_moment", _secondBytes!.Codes), ("second_moment_scales", _secondBytes.Scales)]
        : [("first_moment", First), ("second_moment", Second)];

    public void Dispose()
    {
        _first?.Dispose();
        _second?.Dispose();
        _firstBytes?.Dispose();
        _secondBytes?.Dispose();
    }
}
