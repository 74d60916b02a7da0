using R1Lab.Engine.Training.Reporting;

namespace R1Lab.Engine.Training.Logging;

/// <summary>What a run leaves for the tools people already use: <c>logs/</c> with TensorBoard event files, and <c>trainer_state.json</c>.</summary>
public sealed class RunLog
{
    /// <summary>The folder of event files below a run's output folder.</summary>
    public const string Folder = "logs";

    private readonly TrainerStateFile _state;
    private readonly TensorBoardWriter _board;
    private readonly IReadOnlyList<MetricDefinition> _definitions;

    /// <param name="outputFolder">The run's output folder.</param>
    /// <param name="step">Steps already done when going on from a snapshot; steps that an earlier try logged beyond it no longer count.</param>
    /// <param name="definitions">The metrics to write; null: all that are defined.</param>
    public RunLog(string outputFolder, TrainingRecipe recipe, int totalSteps, int step, IReadOnlyList<MetricDefinition>? definitions = null)
    {
        var logs = Path.Combine(outputFolder, Folder);
        _definitions = definitions ?? MetricDefinitions.All;
        _state = new TrainerStateFile(outputFolder, recipe, totalSteps, step, _definitions);
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

    private IEnumerable<(string Tag, double Value)> Scalars(StepMetrics metrics)
    {
        foreach (var definition in _definitions.Where(metrics.Logs))
        {
            if (definition.TensorBoardTag is { } tag && metrics.Values[definition.Key] is { } value) yield return (tag, value);
        }

        yield return ("train/epoch", metrics.Epoch);
    }
}
