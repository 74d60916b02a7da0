using System.Globalization;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;
using R1Lab.Data.Runs;
using R1Lab.Engine.Training.Reporting;
using R1Lab.Web.Components.Charts;
using R1Lab.Web.Components.Shared;
using R1Lab.Web.Training;

namespace R1Lab.Web.Components.Pages.Comparisons;

/// <summary>Several runs in the same charts and tables; runs under way grow live. The address says which.</summary>
public sealed partial class CompareRunsPage : IDisposable
{
    private readonly ComparisonChart?[] _charts = new ComparisonChart?[ComparedRun.Charts.Count];
    private readonly Dictionary<int, Run> _runs = [];
    private ChartSettings _settings = new();
    private List<ComparedRun> _compared = [];
    private List<Run>? _all;
    private List<int> _missing = [];
    private IReadOnlyList<ComparedSetting> _recipes = [];
    private IDisposable? _news;
    private string? _failure;
    private string? _shownRuns;
    private bool _showAll;
    private int _version;

    /// <summary>Numbers of the runs, separated by commas.</summary>
    [SupplyParameterFromQuery(Name = "runs")]
    public string? RunNumbers { get; set; }

    [CascadingParameter(Name = "IsDark")]
    public bool IsDark { get; set; }

    [Inject]
    private RunStore Store { get; set; } = null!;

    [Inject]
    private RunFeed Feed { get; set; } = null!;

    [Inject]
    private NavigationManager Navigation { get; set; } = null!;

    [Inject]
    private IStringLocalizer<CompareRunsPage> Text { get; set; } = null!;

    [Inject]
    private IStringLocalizer<RunCharts> ChartText { get; set; } = null!;

    [Inject]
    private IStringLocalizer<Durations> DurationTexts { get; set; } = null!;

    [Inject]
    private IStringLocalizer<FailureTexts> Failures { get; set; } = default!;

    [Inject]
    private ILogger<CompareRunsPage> Log { get; set; } = null!;

    private IReadOnlyList<Run> Others => [.. _all!.Where(run => !_runs.ContainsKey(run.Id))];

    private IReadOnlyList<ComparedSetting> SettingRows => _showAll ? _recipes : [.. _recipes.Where(setting => setting.Differs)];

    private IReadOnlyList<ComparedSetting> FigureRows =>
    [
        Row("Steps", run => Text["StepOf", Whole(ProgressOf(run.Id).Step), Whole(ProgressOf(run.Id).TotalSteps)]),
        Row("FinalLoss", run => Number(_runs[run.Id].FinalLoss ?? run.Metrics.LastOrDefault(metric => metric.Loss is not null)?.Loss)),
        Row("BestEvalLoss", run => Number(_runs[run.Id].BestEvalLoss) is { } best ? $"{best}{BestStep(_runs[run.Id])}" : null),
        Row("Time", run => run.Metrics.Count == 0 ? null : DurationTexts.Show(run.Metrics.Time())),
        .. MetricDefinitions.All.Where(definition => definition.Figure is not null).Select(FigureOf),
        Row("Dataset", run => _runs[run.Id] is var one && one.DatasetVersion is { } version ? Text["DatasetVersion", one.DatasetName ?? "–", version] : one.DatasetName),
        Row("Rows", run => _runs[run.Id].DatasetHash is { Length: > 12 } hash ? hash[..12] : null),
        Row("Owner", run => _runs[run.Id].OwnerName),
    ];

    public void Dispose() => _news?.Dispose();

    protected override void OnInitialized() => _news = Feed.Subscribe(null, update => InvokeAsync(() => TakeAsync(update)));

    protected override async Task OnParametersSetAsync()
    {
        if (_shownRuns == (RunNumbers ?? "")) return;

        _shownRuns = RunNumbers ?? "";
        await LoadAsync();
    }

    private async Task LoadAsync()
    {
        try
        {
            var wanted = RunComparison.Read(RunNumbers);
            _all = [.. await Store.ListAsync()];
            _runs.Clear();
            foreach (var run in _all.Where(run => wanted.Contains(run.Id))) _runs[run.Id] = run;
            var found = wanted.Where(_runs.ContainsKey).ToList();
            _missing = [.. wanted.Except(found)];
            var colors = ComparedRun.ColorsOf(found, ChartPalette.Light.Series.Count);
            var compared = new List<ComparedRun>();
            foreach (var (id, index) in found.Select((id, index) => (id, index)))
                compared.Add(new(id, _runs[id].Name, colors[index], _runs[id].StartedAt ?? _runs[id].CreatedAt, [.. await Store.StepsAsync(id)]));
            _compared = compared;
            _recipes = RecipeComparison.Of([.. found.Select(id => _runs[id].RecipeJson)]);
            _version++;
            _failure = null;
        }
        catch (Exception error)
        {
            Log.LogError(error, "The runs to compare could not be read.");
            _failure = Failures.Show(error);
        }
    }

    private async Task TakeAsync(RunUpdate update)
    {
        if (_compared.Find(run => run.Id == update.RunId) is not { } compared) return;

        var known = compared.Metrics;
        var again = update.Metrics.Count > 0 && known.Count > 0 && update.Metrics[0].Step <= known[^1].Step;
        if (update.Missed || again || update.Progress.Status != _runs[update.RunId].Status)
        {
            await LoadAsync();
            StateHasChanged();
            return;
        }

        known.AddRange(update.Metrics);
        StateHasChanged();
        foreach (var chart in _charts)
        {
            if (chart is not null && update.Metrics.Count > 0) await chart.AppendAsync(update.RunId, update.Metrics);
        }
    }

    private RunProgress ProgressOf(int run) => Feed.Progress(run) ?? RunProgress.Of(_runs[run]);

    private void Go(IEnumerable<ComparedRun> runs) => Navigation.NavigateTo(RunComparison.Address(runs.Select(run => run.Id)), replace: true);

    private void Add(ChangeEventArgs chosen)
    {
        if (int.TryParse(chosen.Value as string, CultureInfo.InvariantCulture, out var id))
            Navigation.NavigateTo(RunComparison.Address([.. _compared.Select(run => run.Id), id]), replace: true);
    }

    private ComparedSetting Row(string key, Func<ComparedRun, string?> value) => new(Text[$"Figure_{key}"], [.. _compared.Select(value)]);

    private ComparedSetting FigureOf(MetricDefinition definition) => new(
        Text[$"Of_{definition.Figure}", ChartText[$"Metric_{definition.Key}"]], [.. _compared.Select(run => MetricFigures.Show(definition, run.Metrics))]);

    private string BestStep(Run run) => run.BestStep is { } step ? $" ({Text["AtStep", step]})" : "";

    private static string Whole(int value) => value.ToString("N0", CultureInfo.CurrentCulture);

    private static string? Number(double? value) => value?.ToString("0.0000", CultureInfo.CurrentCulture);
}
