using R1Lab.Engine.Devices;
using static TorchSharp.torch;

namespace R1Lab.Engine.Modeling;

/// <summary>
/// Rotary position angles as Hugging Face computes them: inverse frequencies, angles, cosine and sine in float32, then the compute dtype.
/// A table of whole positions is kept and grows on demand.
/// </summary>
public sealed class RotaryEmbedding : IDisposable
{
    private readonly ScalarType _dtype;
    private readonly bool _onCard;
    private Tensor _cos;
    private Tensor _signedSin;

    public RotaryEmbedding(DecoderConfig config, ComputeDevice device, ScalarType dtype)
    {
        (_dtype, _onCard) = (dtype, device.IsCuda);
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        (var frequencies, AttentionScaling) = RopeFrequencies.Compute(config);
        InverseFrequencies = frequencies.to(device.Torch).DetachFromDisposeScope();
        (_cos, _signedSin) = BuildTables(Math.Min(config.MaxPositions, 512));
    }

    /// <summary>[HeadDim/2], float32.</summary>
    public Tensor InverseFrequencies { get; }

    /// <summary>Factor on cosine and sine (YaRN's growth of attention logits); 1 elsewhere.</summary>
    public double AttentionScaling { get; }

    /// <summary>Cosine and sine of positions in Hugging Face's layout, halves repeated, float32.</summary>
    /// <param name="positionIds">[B,T] long.</param>
    /// <returns>Two tensors [B,T,HeadDim] in float32, attention scaling included.</returns>
    public (Tensor Cos, Tensor Sin) At(Tensor positionIds) => Angles(positionIds);

    /// <summary>Cosine and sign-carrying sine for <paramref name="length"/> positions from <paramref name="start"/>: [1,T,1,HeadDim] each.</summary>
    internal (Tensor Cos, Tensor SignedSin) Range(long start, long length)
    {
        Reserve(start + length);
        return (_cos.narrow(0, start, length).view(1, length, 1, -1), _signedSin.narrow(0, start, length).view(1, length, 1, -1));
    }

    /// <summary>The same for explicit positions [B,T]: [B,T,1,HeadDim] each.</summary>
    internal (Tensor Cos, Tensor SignedSin) Select(Tensor positionIds)
    {
        Reserve(positionIds.max().item<long>() + 1);
        var (batch, length, flat) = (positionIds.size(0), positionIds.size(1), positionIds.reshape(-1));
        return (_cos.index_select(0, flat).view(batch, length, 1, -1), _signedSin.index_select(0, flat).view(batch, length, 1, -1));
    }

    /// <summary>The same for one position a row, known as plain numbers: [N,1,1,HeadDim] each.</summary>
    internal (Tensor Cos, Tensor SignedSin) Rows(long[] positions)
    {
        Reserve(positions.Max() + 1);
        var index = tensor(positions, device: _cos.device);
        return (_cos.index_select(0, index).view(positions.Length, 1, 1, -1), _signedSin.index_select(0, index).view(positions.Length, 1, 1, -1));
    }

    /// <summary>Turns q or k [B,T,heads,HeadDim]: x·cos + rotate_half(x)·sin, where the rotated half's sign already stands in the sine.</summary>
    internal Tensor Rotate(Tensor x, Tensor cos, Tensor signedSin) => (x * cos).add_(SwapHalves(x).mul(signedSin));

    public void Dispose()
    {
        InverseFrequencies.Dispose();
        _cos.Dispose();
        _signedSin.Dispose();
    }

    // A card rolls the last dimension number by number, ten times slower than it copies whole halves.
    private Tensor SwapHalves(Tensor x)
    {
        if (!_onCard) return x.roll(x.size(-1) / 2, -1);
        var shape = x.shape;
        return x.view([.. shape[..^1], 2, shape[^1] / 2]).flip(-2).view(shape);
    }

    private void Reserve(long positions)
    {
        var have = _cos.size(0);
        if (positions <= have) return;
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var (cos, sin) = BuildTables(Math.Max(positions, have * 2));
        _cos.Dispose();
        _signedSin.Dispose();
        (_cos, _signedSin) = (cos, sin);
    }

    private (Tensor Cos, Tensor SignedSin) BuildTables(long positions)
    {
        var (cos, sin) = Angles(arange(positions, dtype: ScalarType.Int64, device: InverseFrequencies.device).unsqueeze(0));
        var half = sin.size(-1) / 2;
        var signed = cat([sin.narrow(-1, 0, half).neg(), sin.narrow(-1, half, half)], -1);
        return (cos.squeeze(0).to(_dtype).DetachFromDisposeScope(), signed.squeeze(0).to(_dtype).DetachFromDisposeScope());
    }

    private (Tensor Cos, Tensor Sin) Angles(Tensor positionIds)
    {
        var angles = positionIds.to(ScalarType.Float32).unsqueeze(-1) * InverseFrequencies;
        var doubled = cat([angles, angles], -1);
        return (doubled.cos() * (float)AttentionScaling, doubled.sin() * (float)AttentionScaling);
    }
}
