using R1Lab.Engine.Adapters;
using R1Lab.Engine.Modeling;
using R1Lab.Engine.Training;

namespace R1Lab.Engine.Devices;

/// <summary>
/// What one layer keeps for its backward pass and what it needs besides while it is computed, counted operator by operator as
/// <see cref="Decoder.Block"/> runs them. All figures are bytes of one layer for one micro-batch.
/// </summary>
/// <param name="Input">The layer's input, all that checkpointing keeps.</param>
/// <param name="Kept">Everything autograd saves, the input included.</param>
/// <param name="Forward">Everything alive at once while the layer is computed with gradients, the kept included.</param>
/// <param name="Backward">Gradients passing through beside the kept.</param>
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
        var masks = dropped ? 2 * adapted.Sum(InputOf) : 0;
        var ranks = adapted.Sum(kind => (double)peft.RankOf(Projection.PathOf(0, kind)));
        // Attention keeps queries, keys, values and its result; shared keys and values are spread to one a head.
        var attention = (4 * q) + (model.QkNorm ? q + k : 0);
        var numbers = (2 * h) + inputs + masks + ranks + attention + (3 * i);
        var norms = Norms(h, model.QkNorm ? q + k : 0, full, element, isCuda) + (4d * model.HeadCount);
        var kept = (numbers * element) + norms;

        // The results of all operators stay until the layer ends: an adapted map makes two (the base's and the sum).
        double Twice(ProjectionKind kind) => Adapted(kind) ? 2 : 1;
        var results = (Twice(ProjectionKind.Q) * q) + ((Twice(ProjectionKind.K) + Twice(ProjectionKind.V)) * k) + (3 * (q + k)) + (3 * q)
            + ((Twice(ProjectionKind.O) + 2) * h) + ((Twice(ProjectionKind.Gate) + Twice(ProjectionKind.Up) + 2) * i) + ((Twice(ProjectionKind.Down) + 1) * h) + (2 * h);
        var plain = (results + ranks) * element;
        var mask = Mask(recipe, batch, element, isCuda);
        var tokens = batch.Tokens;
        return new ActivationBytes(
            tokens * h * element, tokens * kept, (tokens * (((results + ranks + masks) * element) + norms)) + mask, (tokens * ((2 * i) + (3 * h)) * element) + mask, (tokens * plain) + mask);
    }

    // A fused norm keeps one number a row. The CPU's is made of plain operators in float32: narrower inputs are kept widened, and where
    // the norm's weight learns the normalised state too.
    private static double Norms(double hidden, double heads, bool full, int element, bool isCuda)
    {
        if (isCuda) return 8;
        var widened = element < 4 ? 4d : 0;
        return ((2 * hidden) + heads) * (widened + (full ? 4 : 0));
    }

    // [B,1,T,T] of the compute type for packed examples: two copies while it is made, with truth values of the same shape.
    private static double Mask(TrainingRecipe recipe, BatchShape batch, int element, bool isCuda) =>
        recipe.Packing && !isCuda ? (double)batch.Lines * batch.Length * batch.Length * ((2 * element) + 3) : 0;
}
