using R1Lab.Engine.Datasets;

namespace R1Lab.Engine.Training;

/// <summary>How long a run is. The plan shows it and the trainer takes these steps: both count the same batches.</summary>
public sealed record RunLength
{
    /// <summary>Examples that are trained; those held out for evaluation not counted.</summary>
    public required int TrainRows { get; init; }

    public required int EvaluationRows { get; init; }

    /// <summary>Optimizer steps; 0 where no row is left to train on.</summary>
    public required int Steps { get; init; }

    /// <summary>Epochs in all steps, fractional.</summary>
    public required double Epochs { get; init; }

    /// <summary>Lines of the first epoch: examples, or packs of them.</summary>
    public required int LinesPerEpoch { get; init; }

    /// <summary>How often the run evaluates, where it has rows to evaluate on.</summary>
    public required int Evaluations { get; init; }

    /// <summary>Counts a run's steps. Packing makes this work of about a microsecond per row and epoch.</summary>
    /// <param name="recipe">Settings without errors of their own.</param>
    /// <param name="examples">The dataset's examples; those held out for evaluation are among them, as in <see cref="TrainingJob.Train"/>.</param>
    public static RunLength Of(TrainingRecipe recipe, IReadOnlyList<TokenExample> examples)
    {
        var (train, evaluation) = RunRows.Split(recipe, examples);
        if (train.Count == 0) return new() { TrainRows = 0, EvaluationRows = evaluation.Count, Steps = 0, Epochs = 0, LinesPerEpoch = 0, Evaluations = 0 };
        var batches = new Batcher(train, recipe.Batches());
        var steps = recipe.StepsOver(batches);
        return new()
        {
            TrainRows = train.Count,
            EvaluationRows = evaluation.Count,
            Steps = steps,
            Epochs = batches.StepEnds().Take(steps).Last(),
            LinesPerEpoch = batches.LinesPerEpoch,
            Evaluations = new EvaluationSchedule(recipe, steps).Count(batches.StepEnds()),
        };
    }
}
