using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.Extensions.Localization;
using MudBlazor;
using R1Lab.Data.Access;
using R1Lab.Data.Runs;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Training;
using R1Lab.Engine.Training.Recipe;
using R1Lab.Web.Access;
using R1Lab.Web.Components.Charts;
using R1Lab.Web.Components.Shared;
using R1Lab.Web.Training;

namespace R1Lab.Web.Components.Pages.Runs;

/// <summary>One run: live charts, state, events and recipe. It shows what the store and the feed know; closing it changes nothing.</summary>
public sealed partial class RunPage : IDisposable
{
    private static readonly JsonSerializerOptions Pretty = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The tabs in their order; each is also a value of <c>?tab=</c>.</summary>
    public static IReadOnlyList<string> Tabs { get; } = ["charts", "events", "samples", "checkpoints", "rows", "config", "receipt"];

    private RunHistory _history = RunHistory.Empty;
    private RunProgress _progress = new();
    private Visitor _visitor = new(null, "-");
    private ChartSettings _settings = new();
    private RunCharts? _charts;
    private TrainingRecipe? _recipe;
    private Run? _run;
    private IDisposable? _news;
    private string? _failure;
    private DateTimeOffset _start;
    private bool _loaded;
    private bool _stopping;
    private bool _table;
    private int _version;
    private int _rowsVersion;
    private int _tab;
    private int _shownId;

    [Parameter]
    public int Id { get; set; }

    /// <summary>The tab a link leads to.</summary>
    [SupplyParameterFromQuery]
    public string? Tab { get; set; }

    [CascadingParameter(Name = "IsDark")]
    public bool IsDark { get; set; }

    [CascadingParameter]
    private Task<AuthenticationState> Session { get; set; } = null!;

    [Inject]
    private LiveSession Live { get; set; } = null!;

    [Inject]
    private RunStore Store { get; set; } = null!;

    [Inject]
    private RunQueue Queue { get; set; } = null!;

    [Inject]
    private RunFeed Feed { get; set; } = null!;

    [Inject]
    private IGpuMonitor Cards { get; set; } = null!;

    [Inject]
    private IStringLocalizer<ProblemTexts> ProblemText { get; set; } = null!;

    [Inject]
    private NavigationManager Navigation { get; set; } = null!;

    [Inject]
    private ISnackbar Snackbar { get; set; } = null!;

    [Inject]
    private IStringLocalizer<RunPage> Text { get; set; } = null!;

    [Inject]
    private IStringLocalizer<FailureTexts> Failures { get; set; } = default!;

    [Inject]
    private ILogger<RunPage> Log { get; set; } = null!;

    private IReadOnlyList<(string Text, string Href)> Trail => [(Text["Runs"], "/runs")];

    private string Subtitle => string.Join(" · ",
        new[] { _run!.ModelName, _run.DatasetName, _run.OwnerName is { } owner ? Text["By", owner].Value : null }.Where(part => !string.IsNullOrEmpty(part)));

    private bool MayChange => _visitor.MayChange(_run!.OwnerId);

    private bool CanStop => _progress.Status is RunStatus.Queued or RunStatus.Running or RunStatus.Paused;

    private int? DivergedAt => _progress.Status == RunStatus.Failed ? _history.Events.LastOrDefault(happened => happened.Kind == TrainingEventKinds.Diverged)?.Step : null;

    private BestBy BestBy => _recipe?.MetricForBestModel == BestMetric.EvalTokenAccuracy ? BestBy.EvalTokenAccuracy : BestBy.EvalLoss;

    /// <summary>Why there are no curves of the device: none is here, or this run knew of none.</summary>
    /// <summary>Why there are no charts.</summary>
    private string NoPoints => _progress.Status switch
    {
        RunStatus.Running => Text["NoPointsYet", _recipe?.LogEvery(_run!.TotalSteps) ?? 1],
        RunStatus.Queued => Text["Queued"],
        _ => Text["NoPoints"],
    };

    private string? DeviceAbsence => _history.Metrics.Any(metric => metric.DeviceUtilization is not null || metric.DeviceTemperature is not null) ? null
        : Cards.Absence is { } absence ? Text["NoDeviceCurves", ProblemText.Show(absence)].Value : Text["NoCardUsed"].Value;

    private StepMetrics? Best => _history.Metrics.Best(BestBy);

    private string PrettyRecipe => StoredRecipe.Rewritten(_run!.RecipeJson, RecipeSchema.Default).ToJsonString(Pretty);

    public void Dispose() => _news?.Dispose();

    protected override async Task OnParametersSetAsync()
    {
        if (_shownId == Id) return;

        _shownId = Id;
        _visitor = Visitor.Of((await Session).User);
        _tab = Math.Max(0, Tabs.ToList().IndexOf(Tab ?? Tabs[0]));
        _news?.Dispose();
        _news = Feed.Subscribe(Id, update => InvokeAsync(() => TakeAsync(update)));
        await LoadAsync();
    }

    private async Task LoadAsync()
    {
        var id = Id;
        try
        {
            var run = await Store.GetAsync(id);
            var history = await RunHistory.ReadAsync(Store, id);
            if (id != Id) return; // another run is shown by now
            (_run, _history, _failure) = (run, history, null);
            if (_run is not null) Show(_run);
        }
        catch (Exception error)
        {
            Log.LogError(error, "Run {Run} could not be read.", id);
            _failure = Failures.Show(error);
        }

        _loaded = true;
    }

    private void Show(Run run)
    {
        _recipe = TrainingRecipe.Parse(run.RecipeJson, out _);
        _progress = LastKnown(run);
        _stopping = Queue.IsStopping(Id);
        _start = run.StartedAt ?? run.CreatedAt;
        _version++;
        _rowsVersion++;
    }

    /// <summary>The feed's state where this process worked on the run, else what the stored numbers say.</summary>
    private RunProgress LastKnown(Run run) => Feed.Progress(Id) is { Status: RunStatus.Running } live
        ? live
        : _history.Metrics.Aggregate(RunProgress.Of(run), (progress, metric) => progress.After(metric)) with { Step = run.Step };

    private async Task TakeAsync(RunUpdate update)
    {
        var moved = update.Progress.Status != _progress.Status;
        _progress = update.Progress;
        _stopping = Queue.IsStopping(Id);
        if (update.Missed || moved)
        {
            await LoadAsync();
            StateHasChanged();
            return;
        }

        if (_history.Take(update)) _version++;
        if (update.RowsChanged) _rowsVersion++;
        StateHasChanged();
        if (_charts is not null && update.Metrics.Count + update.Events.Count > 0) await _charts.AppendAsync(update.Metrics);
    }

    private Task StopAsync() => DoAsync(async () =>
    {
        _stopping = true;
        if (await Queue.StopAsync(await Live.DemandAsync(LabRight.Train), Id)) Snackbar.Add(Text["StopAsked"], Severity.Info);
        else await LoadAsync();
    });

    private Task ResumeAsync() => DoAsync(async () =>
    {
        if (await Queue.ResumeAsync(await Live.DemandAsync(LabRight.Train), Id)) Snackbar.Add(Text["ResumeAsked"], Severity.Info);
        await LoadAsync();
    });

    private Task RunAgainAsync() => DoAsync(async () =>
    {
        var submission = await Queue.RunAgainAsync(await Live.DemandAsync(LabRight.Train), _run!);
        if (submission.Run is { } again) Navigation.NavigateTo($"/runs/{again.Id}");
        else Snackbar.Add(ProblemText.Show(submission.Problems.First(problem => problem.IsError)), Severity.Error);
    });

    private async Task DoAsync(Func<Task> action)
    {
        try
        {
            await action();
        }
        catch (NotAllowedException)
        {
            Snackbar.Add(Text["NotAllowed"], Severity.Warning);
            await LoadAsync();
        }
    }
}
