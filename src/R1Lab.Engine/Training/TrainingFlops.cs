using R1Lab.Engine.Modeling;

namespace R1Lab.Engine.Training;

/// <summary>
/// The useful floating point operations of training, a multiplication and an addition counting two. Work done twice to save memory does not
/// count, and neither do the adapter, norms, angles or the softmax: what is left is what any implementation must compute.
/// </summary>
internal static class TrainingFlops
{
    /// <summary>Operations for one token.</summary>
    /// <param name="config">The model.</param>
    /// <param name="method">An adapter needs forward and the gradient of the inputs (4 a parameter), training every weight the gradient of the weights too (6).</param>
    /// <param name="length">Tokens of a row, all looking back to its start.</param>
    public static double PerToken(DecoderConfig config, TrainingMethod method, int length) =>
        (method == TrainingMethod.Full ? 6.0 : 4.0) * MatrixParameters(config) + Attention(config, length);

    /// <summary>Parameters that stand in matrix products: every matrix, the output matrix even where it is the embedding, but no look-up.</summary>
    public static long MatrixParameters(DecoderConfig config)
    {
        var layers = Decoder.ParameterShapes(config)
            .Where(pair => pair.Value.Length == 2 && pair.Key.StartsWith("model.layers.", StringComparison.Ordinal))
            .Sum(pair => pair.Value[0] * pair.Value[1]);
        return layers + (long)config.VocabSize * config.HiddenSize;
    }

    // Scores and weighted values: two products of 2·length·width each, half of it behind the causal mask; backward is twice the forward.
    private static double Attention(DecoderConfig config, int length) =>
        3.0 * config.LayerCount * (2 * 2.0 * length * config.HeadCount * config.HeadDim / 2);
}
