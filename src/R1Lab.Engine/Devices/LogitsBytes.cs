using R1Lab.Engine.Modeling;
using R1Lab.Engine.Training.Objectives;

namespace R1Lab.Engine.Devices;

/// <summary>Scores over the vocabulary, made in chunks of <see cref="TokenScores.LogitsAtOnce"/>.</summary>
internal static class LogitsBytes
{
    /// <summary>The logarithms of the logits and the gradients of both, in float32; narrower types add a gradient of their own.</summary>
    public static double Training(DecoderConfig model, BatchShape batch, int element) =>
        (Chunk(model, batch) * (12d + (element < 4 ? element : 0))) + Hidden(model, batch, element);

    /// <summary>Logits and their logarithms.</summary>
    public static double Evaluation(DecoderConfig model, BatchShape batch, int element) =>
        (Chunk(model, batch) * (8d + (element < 4 ? element : 0))) + Hidden(model, batch, element);

    private static double Chunk(DecoderConfig model, BatchShape batch) =>
        Math.Min(batch.Scored, Math.Max(1, TokenScores.LogitsAtOnce / model.VocabSize)) * (double)model.VocabSize;

    // The scored states, the same normalised, and what the norm keeps in float32.
    private static double Hidden(DecoderConfig model, BatchShape batch, int element) => (double)batch.Scored * model.HiddenSize * ((2 * element) + 4);
}
