using R1Lab.Engine.Devices;
using R1Lab.Engine.Modeling;

namespace R1Lab.Engine.Training;

/// <summary>Whether the embedding of a run stays in the machine's memory while its layers are on a card. Decided by settings and shape alone, so that the memory plan says the same.</summary>
internal static class EmbeddingPlace
{
    /// <summary>
    /// True for an adapter run on a card whose recipe asks for it, or leaves it open and chose QLoRA. An embedding that is the output matrix too is
    /// needed on the card, and one that learns stands with its moments.
    /// </summary>
    /// <param name="onCard">Whether the run is on a card.</param>
    public static bool IsHost(TrainingRecipe recipe, DecoderConfig config, bool onCard) =>
        onCard && recipe.Method != TrainingMethod.Full && !config.TieWordEmbeddings && recipe.KeepsEmbeddingOnHost;

    /// <summary>The same placement with the embedding where it belongs.</summary>
    public static LayerPlacement Of(TrainingRecipe recipe, DecoderConfig config, LayerPlacement placement) =>
        IsHost(recipe, config, placement.First.IsCuda) ? placement with { Embedding = ComputeDevice.Cpu } : placement;
}
