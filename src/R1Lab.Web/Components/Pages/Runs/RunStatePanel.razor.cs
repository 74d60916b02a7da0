using System.Globalization;
using Microsoft.AspNetCore.Components;
using R1Lab.Data.Runs;
using R1Lab.Engine.Training;
using R1Lab.Engine.Training.Reporting;
using R1Lab.Web.Components.Shared;
using R1Lab.Web.Device;
using R1Lab.Web.Training;

namespace R1Lab.Web.Components.Pages.Runs;

/// <summary>The right side of the run page: where it stands, what is best, what looks wrong.</summary>
public sealed partial class RunStatePanel
{
    /// <summary>Fewer logged steps show no sign, neither a good nor a bad one.</summary>
    private const int FewestSteps = 12;

    private const double Gibibyte = 1024d * 1024 * 1024;

    private IReadOnlyList<Finding> _findings = [];

    [Parameter, EditorRequired]
    public required Run Run { get; set; }

    [Parameter, EditorRequired]
    public required RunProgress Progress { get; set; }

    [Parameter, EditorRequired]
    public required IReadOnlyList<StepMetrics> Metrics { get; set; }

    /// <summary>Null where it cannot be read any more: then nothing is diagnosed.</summary>
    [Parameter]
    public IReadOnlyList<RunEvent> Events { get; set; } = [];

    [Parameter]
    public TrainingRecipe? Recipe { get; set; }

    /// <summary>The step a failed run's loss or gradient was no number at.</summary>
    [Parameter]
    public int? DivergedAt { get; set; }

    /// <summary>Keys of the texts and their values; what is not known yet is left out.</summary>
    private IEnumerable<(string Key, string Value)> Facts
    {
        get
        {
            yield return ("Step", Text["StepOf", Whole(Progress.Step), Whole(Progress.TotalSteps)]);
            if (Progress.Remaining is { } remaining) yield return ("Remaining", DurationTexts.Show(remaining));
            if (Metrics.Count > 0) yield return ("Elapsed", DurationTexts.Show(Metrics.Time()));
            if (Progress.Loss is { } loss) yield return ("Loss", Fixed(loss));
            if (Progress.EvalLoss is { } evalLoss) yield return ("EvalLoss", Fixed(evalLoss));
            if (Progress.BestEvalLoss is { } best) yield return ("Best", Fixed(best));
            if (Progress.TokensPerSecond is { } speed) yield return ("Speed", Text["TokensPerSecond", Whole(speed)]);
            if (Metrics.Count == 0) yield break;

            var last = Metrics[^1];
            var values = last.Values;
            if (values[MetricKeys.LearningRate] is { } rate) yield return ("LearningRate", rate.ToString("0.00e-0", CultureInfo.CurrentCulture));
            if (last.GradNorm is { } norm) yield return ("GradNorm", norm.ToString("0.000", CultureInfo.CurrentCulture));
            if (values[MetricKeys.MemoryBytes] is { } memory and > 0) yield return ("Memory", (memory / Gibibyte).ToString("0.00 GiB", CultureInfo.CurrentCulture));
            if (last.DeviceMemoryBytes is { } deviceMemory) yield return ("DeviceMemory", (deviceMemory / Gibibyte).ToString("0.00 GiB", CultureInfo.CurrentCulture));
            if (last.LossScale is { } scale) yield return ("LossScale", Whole(scale));
            if (values[MetricKeys.SkippedSteps] is { } skipped and > 0) yield return ("SkippedSteps", Whole(skipped));
            if (values[MetricKeys.MicroBatchSize] is { } rows and > 0 && rows != Recipe?.PerDeviceTrainBatchSize) yield return ("MicroBatch", Whole(rows));
            if (DeviceState is { } device) yield return ("Device", device);
        }
    }

    /// <summary>What is said when nothing was found: that there is nothing wrong, or that nothing can be said.</summary>
    private string Silence => Recipe is null ? "NotJudged" : Metrics.Count < FewestSteps ? "TooEarly" : "NoWarnings";

    protected override void OnParametersSet() =>
        _findings = Recipe is null ? [] : Diagnosis.Of(Metrics, Recipe, Progress.TotalSteps, divergedAt: DivergedAt);

    /// <summary>Whether the device is with somebody else although this run is under way.</summary>
    private string? DeviceState => Progress.Status == RunStatus.Running && Lease.Holder is { } holder && holder.What != Run.Name
        ? Text["DeviceWaits", holder.Who, holder.What].Value
        : null;

    /// <summary>Why the run came to rest, in the reader's language where its event says it too, with the code to ask others by.</summary>
    private string? Reason => Run.Error is { } error && Events.LastOrDefault(happened => happened.Message == error) is { } happened
        ? WithCode(EventText.Show(happened, ProblemText), error)
        : Run.Error;

    // A sentence that was not translated begins with its code.
    private static string WithCode(string sentence, string error) => sentence == error ? error : $"{sentence} {CodeOf(error)}".TrimEnd();

    private static string CodeOf(string error) => error.StartsWith("R1L-", StringComparison.Ordinal) && error.IndexOf(':', StringComparison.Ordinal) is > 0 and var end ? $"({error[..end]})" : "";

    private static string Whole(double value) => value.ToString("N0", CultureInfo.CurrentCulture);

    private static string Fixed(double value) => value.ToString("0.0000", CultureInfo.CurrentCulture);
}
