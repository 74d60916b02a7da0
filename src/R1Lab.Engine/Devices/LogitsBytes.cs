using R1Lab.Engine.Modeling;
using R1Lab.Engine.Training;

namespace R1Lab.Engine.Devices;

/// <summary>Scores over the vocabulary, made in chunks of <see cref="VocabularyLoss.LogitsAtOnce"/>.</summary>
internal static class LogitsBytes
{
    /// <summary>Logits, their logarithms, and the gradients of both, in float32; narrower types add the logits as computed and their gradient.</summary>
    public static double Training(DecoderConfig model, BatchShape batch, int element) =>
        (Chunk(model, batch) * (16d + (element < 4 ? 2 * element : 0))) + Hidden(model, batch, element, copies: 4);

    /// <summary>Logits and their logarithms.</summary>
    public static double Evaluation(DecoderConfig model, BatchShape batch, int element) =>
        (Chunk(model, batch) * (8d + (element < 4 ? element : 0))) + Hidden(model, batch, element, copies: 2);

    private static double Chunk(DecoderConfig model, BatchShape batch) =>
        Math.Min(batch.Scored, Math.Max(1, VocabularyLoss.LogitsAtOnce / model.VocabSize)) * (double)model.VocabSize;

    // Scored states, normalised in float32, with their gradients.
    private static double Hidden(DecoderConfig model, BatchShape batch, int element, int copies) => (double)batch.Scored * model.HiddenSize * ((copies * element) + 4);
}
