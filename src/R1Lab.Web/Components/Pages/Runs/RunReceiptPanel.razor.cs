using System.Globalization;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;
using MudBlazor;
using R1Lab.Data.Runs;
using R1Lab.Engine;
using R1Lab.Engine.Training;
using R1Lab.Engine.Training.Receipts;
using R1Lab.Web.Components.Shared;
using R1Lab.Web.Training;

namespace R1Lab.Web.Components.Pages.Runs;

/// <summary>The receipt of a run in words, and its difference from another's.</summary>
public sealed partial class RunReceiptPanel
{
    private const int LongestValue = 96;

    private RunReceipt? _receipt;
    private IReadOnlyList<Run> _others = [];
    private ReceiptComparison? _comparison;
    private string? _failure;
    private int? _other;
    private (int, RunStatus)? _shown;

    [Parameter, EditorRequired]
    public required int RunId { get; set; }

    /// <summary>A receipt is written each time the run comes to rest.</summary>
    [Parameter]
    public RunStatus Status { get; set; }

    [Inject]
    private RunReceipts Receipts { get; set; } = null!;

    [Inject]
    private RunStore Store { get; set; } = null!;

    [Inject]
    private IStringLocalizer<FailureTexts> Failures { get; set; } = default!;

    [Inject]
    private ISnackbar Snackbar { get; set; } = null!;

    [Inject]
    private IStringLocalizer<RunStatusChip> StatusText { get; set; } = null!;

    protected override async Task OnParametersSetAsync()
    {
        if (_shown == (RunId, Status)) return;

        _shown = (RunId, Status);
        (_receipt, _failure) = Read(RunId);
        (_other, _comparison) = (null, null);
        _others = _receipt is null ? [] : [.. (await Store.ListAsync()).Where(run => run.Id != RunId && run.StartedAt is not null && run.Status is not (RunStatus.Running or RunStatus.Queued))];
    }

    private (RunReceipt? Receipt, string? Failure) Read(int runId)
    {
        try
        {
            return (Receipts.Find(runId), null);
        }
        catch (BadInputException bad)
        {
            return (null, Failures.Show(bad));
        }
    }

    private void Compare(int? other)
    {
        (_other, _comparison) = (other, null);
        if (other is not { } id) return;

        var (receipt, failure) = Read(id);
        if (receipt is null) Snackbar.Add(failure ?? Text["OtherHasNone", id].Value, Severity.Warning);
        else _comparison = ReceiptComparison.Of(_receipt!, receipt);
    }

    private IEnumerable<(string Section, List<(string Name, string Value)> Facts)> Sections(RunReceipt receipt) =>
    [
        ("run", [.. RunFacts(receipt)]),
        ("data", [.. DataFacts(receipt.Data)]),
        ("model", [.. ModelFacts(receipt.Model)]),
        ("environment", [.. EnvironmentFacts(receipt.Environment)]),
    ];

    private IEnumerable<(string, string)> RunFacts(RunReceipt receipt)
    {
        var run = receipt.Run;
        yield return (Text["Owner"], run.Owner ?? "–");
        yield return (Text["Outcome"], OutcomeText(run.Outcome));
        yield return (Text["Steps"], Text["StepsOf", run.Step, run.TotalSteps]);
        if (run.FinalLoss is { } loss) yield return (Text["FinalLoss"], Fixed(loss));
        if (run.FinalEvalLoss is { } evalLoss) yield return (Text["FinalEvalLoss"], Fixed(evalLoss));
        yield return (Text["Seed"], receipt.Recipe.Seed.ToString(CultureInfo.CurrentCulture));
        if (receipt.Recipe.Confirmed.Count > 0) yield return (Text["Confirmed"], string.Join(", ", receipt.Recipe.Confirmed));
        if (run.StartedAt is { } started) yield return (Text["Started"], Moment(started));
        if (run.EndedAt is { } ended) yield return (Text["Ended"], Moment(ended));
        yield return (Text["LoggedSteps"], Whole(receipt.Curves.Count));
        yield return (Text["Events"], Whole(receipt.Events.Count));
    }

    private IEnumerable<(string, string)> DataFacts(ReceiptData data)
    {
        yield return (Text["Dataset"], Text["DatasetVersion", data.Name ?? "–", data.Version ?? 0]);
        yield return (Text["RowsIn"], Whole(data.RowsIn));
        yield return (Text["RowsTrained"], Whole(data.RowsTrained));
        yield return (Text["RowsEvaluated"], Whole(data.RowsEvaluated));
        foreach (var (reason, rows) in data.RowsLeftOut) yield return (Text[$"Omitted_{reason}"], Whole(rows));
        yield return (Text["TrainHash"], Short(data.TrainHash));
        yield return (Text["EvaluationHash"], Short(data.EvaluationHash));
    }

    private IEnumerable<(string, string)> ModelFacts(ReceiptModel model)
    {
        yield return (Text["Model"], model.Name ?? "–");
        if (model.ParameterCount is { } parameters) yield return (Text["Parameters"], Whole(parameters));
        yield return (Text["Fingerprint"], Short(model.Fingerprint));
        if (model.TemplateHash is { } template) yield return (Text["Template"], Short(template));
    }

    private IEnumerable<(string, string)> EnvironmentFacts(ReceiptEnvironment machine)
    {
        yield return (Text["Device"], machine.DeviceName is { } name ? $"{machine.Device} ({name})" : machine.Device);
        yield return (Text["Processor"], Text["ProcessorCores", machine.Processor, machine.LogicalProcessors]);
        yield return (Text["Threads"], Whole(machine.Threads));
        yield return (Text["System"], machine.OperatingSystem);
        yield return ("R1Lab", machine.Program);
        yield return (".NET", machine.DotNet.Replace(".NET ", "", StringComparison.Ordinal));
        if (machine.LibTorch is { } libtorch) yield return ("libtorch", libtorch);
    }

    private static List<ReceiptFile> Files(RunReceipt receipt) => [.. receipt.Results, .. receipt.Snapshots];

    private string Losses(ReceiptComparison comparison) => comparison switch
    {
        { CommonLosses: 0 } => Text["NothingToCompare"],
        { SameLosses: true } => Text["SameLosses", comparison.CommonLosses],
        _ => Text["OtherLosses", comparison.CommonLosses, comparison.Differences.FirstOrDefault(difference => difference.Path == "curves.loss")?.Step ?? 0],
    };

    private string OutcomeText(string outcome) => StatusText[Enum.TryParse<RunStatus>(outcome, ignoreCase: true, out var status) ? status.ToString() : outcome];

    private static string Whole(double value) => value.ToString("N0", CultureInfo.CurrentCulture);

    private static string Fixed(double value) => value.ToString("0.0000", CultureInfo.CurrentCulture);

    private static string Moment(DateTimeOffset at) => at.ToLocalTime().ToString("G", CultureInfo.CurrentCulture);

    /// <summary>Enough of a hash to tell two apart; long values by their beginning.</summary>
    private static string Short(string? value) => value is null ? "–" : value.Length == 64 && value.All(char.IsAsciiHexDigit) ? value[..16]
        : value.Length > LongestValue ? value[..LongestValue] + "…" : value;
}
