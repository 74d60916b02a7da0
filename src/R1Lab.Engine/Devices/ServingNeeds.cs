using R1Lab.Engine.Modeling;
using R1Lab.Engine.Training;

namespace R1Lab.Engine.Devices;

/// <summary>Memory that a model needs to answer, in bytes, from its shape alone: what a load is planned by before anything is read.</summary>
/// <param name="Weights">The base in the type computed with.</param>
/// <param name="Loading">What is held beside the weights while they are read: one tensor as it is stored.</param>
/// <param name="Adapter">An adapter on it.</param>
/// <param name="Answer">Keys, values and passing results of one answer.</param>
public sealed record ServingNeeds(long Weights, long Loading, long Adapter, long Answer)
{
    /// <summary>Tokens of prompt and answer that room is kept for. Longer answers take theirs as they grow, where there is some.</summary>
    public const int AnswerTokens = 4096;

    // Prompts are read in pieces of at most so many tokens.
    private const int PieceTokens = 256;
    private const long Room = 64L << 20;

    /// <summary>Bytes of a number computed with.</summary>
    public int Element { get; init; } = 4;

    /// <summary>At the worst moment, with room for what cannot be counted.</summary>
    public long TotalBytes => Weights + Adapter + Math.Max(Loading, Answer) + Room;

    /// <param name="model">Shape of the base.</param>
    /// <param name="isCuda">A card computes in the stored type, the CPU in float32 unless asked otherwise.</param>
    /// <param name="adapterFileBytes">The adapter's file; it is held in the base's type.</param>
    /// <param name="element">Bytes of a number where a type is asked for.</param>
    public static ServingNeeds Of(DecoderConfig model, bool isCuda, long adapterFileBytes = 0, int? element = null)
    {
        var stored = model.Dtype == "float32" ? 4 : 2;
        var computed = element ?? (isCuda ? stored : 4);
        var sizes = Decoder.ParameterShapes(model).Values.Select(shape => shape.Aggregate(1L, (product, size) => product * size)).ToList();
        return new ServingNeeds(sizes.Sum() * computed, isCuda || stored == computed ? 0 : sizes.Max() * stored, adapterFileBytes * computed / 2, AnswerBytes(model, isCuda, computed))
        {
            Element = computed,
        };
    }

    /// <summary>An adapter that is put on a base which is in memory already.</summary>
    public static ServingNeeds OfAdapter(long fileBytes, int element) => new(0, 0, fileBytes * element / 2, 0) { Element = element };

    /// <summary>Parameters of the largest base that would have fitted into so much.</summary>
    public long LargestModel(long freeBytes) => Math.Max(0, (freeBytes - (TotalBytes - Weights)) / Element);

    private static long AnswerBytes(DecoderConfig model, bool isCuda, int element)
    {
        var tokens = (long)Math.Min(AnswerTokens, model.MaxPositions);
        var blocks = (tokens + KeyValueCache.BlockSize - 1) / KeyValueCache.BlockSize * KeyValueCache.BlockSize;
        var cache = 2L * model.LayerCount * model.KeyValueHeadCount * model.HeadDim * blocks * element;
        var piece = new BatchShape(1, (int)Math.Min(tokens, PieceTokens), 1);
        var passing = ActivationBytes.Of(new TrainingRecipe { Method = TrainingMethod.Full }, model, piece, element, isCuda).Plain;
        return cache + (long)passing + (2L * model.VocabSize * 4);
    }
}
