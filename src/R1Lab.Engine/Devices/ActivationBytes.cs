using R1Lab.Engine.Adapters;
using R1Lab.Engine.Modeling;
using R1Lab.Engine.Training;

namespace R1Lab.Engine.Devices;

/// <summary>
/// What one layer keeps for its backward pass and what it needs besides while it is computed, counted operator by operator as
/// <see cref="Decoder.Block"/> runs them. All figures are bytes of one layer for one micro-batch.
/// </summary>
/// <param name="Input">The layer's input, all that checkpointing keeps.</param>
/// <param name="Kept">Everything autograd saves, with the layer's result.</param>
/// <param name="Forward">Everything alive at once while the layer is computed with gradients, the kept included.</param>
/// <param name="Backward">Gradients passing through beside the kept, that of the result included.</param>
/// <param name="Plain">Everything alive at once while the layer is computed without gradients.</param>
internal sealed record ActivationBytes(double Input, double Kept, double Forward, double Backward, double Plain)
{
    /// <param name="recipe">An effective recipe.</param>
    /// <param name="element">Bytes of a number in the type computed with.</param>
    public static ActivationBytes Of(TrainingRecipe recipe, DecoderConfig model, BatchShape batch, int element, bool isCuda)
    {
        var (h, i) = ((double)model.HiddenSize, (double)model.IntermediateSize);
        var (q, k) = ((double)model.HeadCount * model.HeadDim, (double)model.KeyValueHeadCount * model.HeadDim);
        var full = recipe.Method == TrainingMethod.Full;
        var peft = recipe.Lora.ToPeft();
        bool Adapted(ProjectionKind kind) => !full && peft.Targets(Projection.PathOf(0, kind));
        var adapted = Enum.GetValues<ProjectionKind>().Where(Adapted).ToList();
        var dropped = !full && recipe.Lora.LoraDropout > 0;

        // Inputs of linear maps are kept where a weight behind them learns; an adapter's dropout keeps a mask and a masked input a map instead.
        double InputOf(ProjectionKind kind) => kind switch { ProjectionKind.O => q, ProjectionKind.Down => i, _ => h };
        double OutputOf(ProjectionKind kind) => kind switch { ProjectionKind.Q => q, ProjectionKind.K or ProjectionKind.V => k, ProjectionKind.Gate or ProjectionKind.Up => i, _ => h };
        bool Needs(params ProjectionKind[] kinds) => full || (!dropped && kinds.Any(Adapted));
        var inputs = (Needs(ProjectionKind.Q, ProjectionKind.K, ProjectionKind.V) ? h : 0) + (Needs(ProjectionKind.Gate, ProjectionKind.Up) ? h : 0) + (Needs(ProjectionKind.Down) ? i : 0);
        var adapters = adapted.Sum(kind => (double)peft.RankOf(Projection.PathOf(0, kind))) + (dropped ? 2 * adapted.Sum(InputOf) : 0);
        var heads = model.QkNorm ? q + k : 0;
        var norms = NormBytes.Of(h, heads, full, element, isCuda);
        // DoRA scales the base's output and the update apart, and keeps both.
        var scaled = !full && recipe.Lora.UseDora ? 2 * adapted.Sum(OutputOf) : 0;
        // Runs of packed lines are attended one by one on the CPU, and their results put together.
        var joined = recipe.Packing && !isCuda ? q : 0;
        // The layer's result, attention's queries, keys, values and result, and gate, its activation and up.
        var kept = ((h + inputs + adapters + scaled + joined + (2 * (q + k)) + (3 * i)) * element) + norms.Kept + (4d * model.HeadCount);
        // The results of all operators stay until the layer ends: of each map (adapter and residual are added in place), two norms, three of a
        // rotation, attention, activation and product.
        var results = q + (2 * k) + h + (2 * i) + h + adapters + (2 * scaled) + joined + (2 * h) + heads + (3 * (q + k)) + q + (2 * i);
        return new ActivationBytes(
            Input: batch.Tokens * h * element,
            Kept: batch.Tokens * kept,
            Forward: batch.Tokens * ((results * element) + norms.Widened),
            Backward: batch.Tokens * ((dropped ? i : 2 * i) + h) * element,
            Plain: batch.Tokens * results * element);
    }
}
