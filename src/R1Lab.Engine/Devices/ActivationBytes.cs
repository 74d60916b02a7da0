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
        bool Needs(params ProjectionKind[] kinds) => full || (!dropped && kinds.Any(Adapted));
        var inputs = (Needs(ProjectionKind.Q, ProjectionKind.K, ProjectionKind.V) ? h : 0) + (Needs(ProjectionKind.Gate, ProjectionKind.Up) ? h : 0) + (Needs(ProjectionKind.Down) ? i : 0);
        var adapters = adapted.Sum(kind => (double)peft.RankOf(Projection.PathOf(0, kind))) + (dropped ? 2 * adapted.Sum(InputOf) : 0);
        var heads = model.QkNorm ? q + k : 0;
        var norms = NormBytes.Of(h, heads, full, element, isCuda);
        // The layer's result, attention's queries, keys, values and result, and gate, its activation and up.
        var kept = ((h + inputs + adapters + (2 * (q + k)) + (3 * i)) * element) + norms.Kept + (4d * model.HeadCount);

        // The results of all operators stay until the layer ends: of an adapted map the base's and the sum. Rotation makes three.
        double Results(bool sums)
        {
            double Of(ProjectionKind kind, double size) => sums && Adapted(kind) ? 2 * size : size;
            var maps = Of(ProjectionKind.Q, q) + Of(ProjectionKind.K, k) + Of(ProjectionKind.V, k) + Of(ProjectionKind.O, h)
                + Of(ProjectionKind.Gate, i) + Of(ProjectionKind.Up, i) + Of(ProjectionKind.Down, h);
            return maps + adapters + (2 * h) + heads + (3 * (q + k)) + q + (2 * h) + (2 * i);
        }

        // Without gradients the sum is made in place, unless the adapter's type differs from the model's.
        return new ActivationBytes(
            Input: batch.Tokens * h * element,
            Kept: batch.Tokens * kept,
            Forward: batch.Tokens * ((Results(sums: true) * element) + norms.Widened),
            Backward: batch.Tokens * ((dropped ? i : 2 * i) + h) * element,
            Plain: batch.Tokens * Results(sums: element < 4) * element);
    }
}
