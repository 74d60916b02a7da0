using R1Lab.Engine.Adapters;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Training;

/// <summary>
/// NEFTune (arXiv 2310.05914): while training, uniform noise of ± alpha / sqrt(T · Hidden) on every number of the embedded line, T being the
/// length of the batch's lines as in the authors' code. It has no gradient of its own.
/// </summary>
internal static class EmbeddingNoise
{
    // Keeps the stream apart from those of dropout, which take the places of projections.
    private const ulong Stream = ulong.MaxValue;

    /// <param name="embedded">[B,T,Hidden].</param>
    /// <param name="alpha">Strength; null or 0 leaves the input as it is.</param>
    /// <param name="seed">Same seed, same noise.</param>
    /// <returns>[B,T,Hidden] of the same type.</returns>
    public static Tensor Add(Tensor embedded, double? alpha, long seed)
    {
        if (alpha is not > 0) return embedded;
        using var scope = NewDisposeScope();
        return (embedded + Noise(embedded, alpha.Value / Math.Sqrt(embedded.size(1) * embedded.size(2)), seed)).MoveToOuterDisposeScope();
    }

    private static Tensor Noise(Tensor like, double most, long seed)
    {
        using var noGradient = no_grad();
        var noise = empty(like.shape, dtype: ScalarType.Float32, device: like.device);
        return SeededDraw.Fill(noise, SeedMixing.Mix((ulong)seed, Stream), (fresh, generator) => fresh.uniform_(-most, most, generator)).to(like.dtype);
    }
}
