using R1Lab.Engine.Datasets;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Training;

/// <summary>The rows of a step forward and backward, in parts as small as memory asks for. Gradients are left in the optimizer's buffer.</summary>
internal sealed class StepPasses(TrainingRecipe recipe, Batcher batcher, TrainingPass pass, Optimizer optimizer)
{
    // A look at so many lines is enough: a rare longer batch later is met by halving.
    private const int LinesLookedAt = 1_000_000;

    private int _lines = recipe.PerDeviceTrainBatchSize;

    public bool InOneOrder
    {
        get => pass.InOneOrder;
        set => pass.InOneOrder = value;
    }

    public MicroBatchPlan Plan
    {
        get => new(_lines, pass.Checkpointing, pass.CheckpointedBlocks);
        set => (_lines, pass.Checkpointing, pass.CheckpointedBlocks) = (value.MicroBatchSize, value.Checkpointing, value.Layers);
    }

    /// <summary>The largest micro-batch of the run forward and backward, without a step.</summary>
    /// <returns>Its rows.</returns>
    public MicroBatch TryLargest(int totalSteps)
    {
        var largest = batcher.Largest(Math.Min(totalSteps, Math.Max(1, LinesLookedAt / recipe.EffectiveBatchSize)));
        using var scope = NewDisposeScope();
        foreach (var part in batcher.Split(largest, _lines).Where(part => part.Targets.Length > 0))
        {
            pass.Backward(part, part.Targets.Length, 0);
            optimizer.Gradients.Gather(optimizer.Parameters);
        }

        optimizer.Gradients.Clear();
        return largest;
    }

    /// <summary>Gradients of a step's rows, all anew.</summary>
    /// <param name="step">The step's number, from 1: dropout follows from it.</param>
    /// <param name="scale">Gradients, not losses, come out multiplied by this.</param>
    public StepLosses Run(StepBatch batch, int step, double scale)
    {
        optimizer.Gradients.Clear();
        using var scope = NewDisposeScope();
        var parts = new List<(MicroBatch Batch, long Seed, Tensor Loss, Tensor Each)>();
        for (var micro = 0; micro < batch.MicroBatches.Count; micro++)
        {
            var divisor = DivisorOf(batch, micro) / scale;
            foreach (var (part, seed) in PartsOf(batch.MicroBatches[micro], step, micro))
            {
                var (loss, each) = pass.Backward(part, divisor, seed);
                parts.Add((part, seed, loss, each));
                optimizer.Gradients.Gather(optimizer.Parameters);
            }
        }

        return new StepLosses([.. parts.Select(part => new PartLosses(part.Batch, part.Seed, part.Loss.ToSingle() / scale, part.Each.cpu().data<float>().ToArray()))]);
    }

    /// <summary>The layer where the first part whose loss is not finite leaves the finite numbers.</summary>
    public string FirstNonFinite(StepLosses losses)
    {
        var first = losses.Parts.FirstOrDefault(part => !double.IsFinite(part.Loss)) ?? losses.Parts[0];
        return pass.FirstNonFinite(first.Batch, first.DropoutSeed);
    }

    // Of the micro-batch as the recipe has it, however small its parts are: so the step stays the same.
    private double DivisorOf(StepBatch batch, int micro) => recipe.LossNormalization == LossNormalization.TokenSum
        ? batch.TrainedTokens
        : (double)batch.MicroBatches[micro].Targets.Length * batch.MicroBatches.Count;

    private IEnumerable<(MicroBatch Part, long Seed)> PartsOf(MicroBatch whole, int step, int micro)
    {
        var parts = batcher.Split(whole, _lines);
        for (var i = 0; i < parts.Count; i++)
        {
            var seed = parts.Count == 1 ? SeededShuffle.Mix(recipe.Seed, step, micro) : SeededShuffle.Mix(recipe.Seed, step, micro, i);
            if (parts[i].Targets.Length > 0) yield return (parts[i], (long)(seed >> 1));
        }
    }
}
