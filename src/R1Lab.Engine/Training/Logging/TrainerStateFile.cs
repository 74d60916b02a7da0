using System.Text.Json;
using System.Text.Json.Nodes;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Training.Reporting;

namespace R1Lab.Engine.Training.Logging;

/// <summary>
/// <c>trainer_state.json</c> as transformers' Trainer leaves it beside a model: where the run stands and its <c>log_history</c>, one entry a
/// logged step and one an evaluation. Keys are those of <c>transformers.TrainerState</c> only, so that it loads there.
/// </summary>
public sealed class TrainerStateFile
{
    /// <summary>The file's name.</summary>
    public const string Name = "trainer_state.json";

    private const long MostBytes = 512_000_000;

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true };

    private readonly string _path;
    private readonly TrainingRecipe _recipe;
    private readonly int _totalSteps;
    private readonly IReadOnlyList<MetricDefinition> _definitions;
    private readonly List<JsonObject> _history;
    private double _epoch;
    private int _step;

    /// <param name="folder">The run's output folder.</param>
    /// <param name="step">Steps already done; what an earlier file says of later ones is dropped. 0: begin anew.</param>
    /// <param name="definitions">The metrics that the history may hold.</param>
    public TrainerStateFile(string folder, TrainingRecipe recipe, int totalSteps, int step, IReadOnlyList<MetricDefinition> definitions)
    {
        (_path, _recipe, _totalSteps, _step, _definitions) = (Path.Combine(folder, Name), recipe, totalSteps, step, definitions);
        _history = step > 0 ? [.. HistoryOf(_path).Where(entry => StepOf(entry) <= step)] : [];
        _epoch = _history.Count > 0 ? NumberOf(_history[^1], "epoch") ?? 0 : 0;
    }

    /// <summary>Takes a logged step in; on disk with the next <see cref="Save"/>.</summary>
    public void Add(StepMetrics metrics)
    {
        (_step, _epoch) = (metrics.Step, metrics.Epoch);
        foreach (var phase in (MetricPhase[])[MetricPhase.Training, MetricPhase.Evaluation])
        {
            var named = _definitions.Where(definition => definition.Phase == phase && definition.TrainerStateName is not null)
                .Where(metrics.Logs).OrderBy(definition => definition.TrainerStateName, StringComparer.Ordinal).ToList();
            if (named.Count > 0) _history.Add(Entry(metrics, named));
        }
    }

    /// <summary>Writes the file, whole or not at all.</summary>
    public void Save()
    {
        var metric = SnakeCase.Of(_recipe.MetricForBestModel);
        var judged = _history.Where(entry => NumberOf(entry, metric) is not null);
        var best = _recipe.MetricForBestModel == BestMetric.EvalLoss ? judged.MinBy(entry => NumberOf(entry, metric)) : judged.MaxBy(entry => NumberOf(entry, metric));
        var state = new JsonObject
        {
            ["best_global_step"] = best is null ? null : StepOf(best),
            ["best_metric"] = best is null ? null : NumberOf(best, metric),
            ["epoch"] = _epoch,
            ["eval_steps"] = _recipe.EvaluateEvery(_totalSteps),
            ["global_step"] = _step,
            ["is_local_process_zero"] = true,
            ["is_world_process_zero"] = true,
            ["log_history"] = new JsonArray([.. _history.Select(entry => entry.DeepClone())]),
            ["logging_steps"] = _recipe.LogEvery(_totalSteps),
            ["max_steps"] = _totalSteps,
            ["num_train_epochs"] = (int)Math.Ceiling(Math.Max(_epoch, _recipe.MaxSteps is > 0 ? 0 : _recipe.NumTrainEpochs)),
            ["save_steps"] = _recipe.SaveEvery(_totalSteps),
            ["train_batch_size"] = _recipe.PerDeviceTrainBatchSize,
        };
        DurableFile.WriteAllText(_path, state.ToJsonString(Json));
    }

    // JSON has no infinity and no NaN: they are left out, as what was not measured is.
    private static JsonObject Entry(StepMetrics metrics, IEnumerable<MetricDefinition> named)
    {
        var entry = new JsonObject { ["epoch"] = metrics.Epoch };
        foreach (var definition in named)
        {
            if (metrics.Values[definition.Key] is { } number && double.IsFinite(number)) entry[definition.TrainerStateName!] = number;
        }

        entry["step"] = metrics.Step;
        return entry;
    }

    // The history is worth keeping, but no reason to keep a run from going on: a file that cannot be read is begun anew.
    private static IEnumerable<JsonObject> HistoryOf(string path)
    {
        try
        {
            return File.Exists(path) && JsonNode.Parse(BoundedFile.ReadAllText(path, MostBytes)) is JsonObject state && state["log_history"] is JsonArray history
                ? [.. history.OfType<JsonObject>().Where(entry => StepOf(entry) is not null)] : [];
        }
        catch (Exception e) when (e is JsonException or BadInputException)
        {
            return [];
        }
    }

    private static double? NumberOf(JsonObject entry, string name) => entry[name] is JsonValue value && value.TryGetValue<double>(out var number) ? number : null;

    private static int? StepOf(JsonObject entry) => entry["step"] is JsonValue value && value.TryGetValue<int>(out var step) ? step : null;
}
