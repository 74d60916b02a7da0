namespace R1Lab.Engine.Training.Logging;

/// <summary>What a run leaves for the tools people already use: <c>logs/</c> with TensorBoard event files, and <c>trainer_state.json</c>.</summary>
public sealed class RunLog
{
    /// <summary>The folder of event files below a run's output folder.</summary>
    public const string Folder = "logs";

    private readonly TrainerStateFile _state;
    private readonly TensorBoardWriter _board;

    /// <param name="outputFolder">The run's output folder.</param>
    /// <param name="step">Steps already done when going on from a snapshot; steps that an earlier try logged beyond it no longer count.</param>
    public RunLog(string outputFolder, TrainingRecipe recipe, int totalSteps, int step)
    {
        var logs = Path.Combine(outputFolder, Folder);
        _state = new TrainerStateFile(outputFolder, recipe, totalSteps, step);
        _board = new TensorBoardWriter(logs, DateTimeOffset.UtcNow, TensorBoardWriter.HasWritten(logs) ? step + 1 : null);
    }

    /// <summary>Takes a logged step in.</summary>
    public void Add(StepMetrics metrics)
    {
        _state.Add(metrics);
        _board.Write(metrics.Step, metrics.At, Scalars(metrics));
    }

    /// <summary>Writes <c>trainer_state.json</c>; to be called before a snapshot, so that no snapshot is ahead of the history.</summary>
    public void Save() => _state.Save();

    // Tags as transformers' TensorBoardCallback writes them.
    private static IEnumerable<(string Tag, double Value)> Scalars(StepMetrics metrics)
    {
        if (metrics.Loss is { } loss) yield return ("train/loss", loss);
        if (metrics.Loss is not null && metrics.GradNorm is { } norm) yield return ("train/grad_norm", norm);
        if (metrics.Loss is not null) yield return ("train/learning_rate", metrics.LearningRate);
        if (metrics.EvalLoss is { } evalLoss) yield return ("eval/loss", evalLoss);
        if (metrics.EvalTokenAccuracy is { } accuracy) yield return ("eval/token_accuracy", accuracy);
        if (metrics.EvalSeconds is { } seconds) yield return ("eval/runtime", seconds);
        yield return ("train/epoch", metrics.Epoch);
    }
}
