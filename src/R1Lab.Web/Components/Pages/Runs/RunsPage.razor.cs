using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;
using R1Lab.Data.Runs;
using R1Lab.Web.Components.Shared;
using R1Lab.Web.Training;

namespace R1Lab.Web.Components.Pages.Runs;

/// <summary>Every run of the lab, live.</summary>
public sealed partial class RunsPage : IDisposable
{
    private readonly Dictionary<int, RunProgress> _live = [];
    private readonly List<int> _chosen = [];
    private List<Run>? _runs;
    private IDisposable? _news;
    private string? _failure;
    private string? _search;
    private RunStatus? _status;

    [Inject]
    private RunStore Store { get; set; } = null!;

    [Inject]
    private RunFeed Feed { get; set; } = null!;

    [Inject]
    private IStringLocalizer<RunsPage> Text { get; set; } = null!;

    [Inject]
    private IStringLocalizer<RunStatusChip> StatusText { get; set; } = null!;

    [Inject]
    private IStringLocalizer<FailureTexts> Failures { get; set; } = default!;

    [Inject]
    private ILogger<RunsPage> Log { get; set; } = null!;

    private IEnumerable<Run> Shown => _runs!.Where(run => (_status is null || ProgressOf(run).Status == _status) && Matches(run));

    private string ComparisonAddress => RunComparison.Address(_chosen);

    public void Dispose() => _news?.Dispose();

    protected override async Task OnInitializedAsync()
    {
        _news = Feed.Subscribe(null, update => InvokeAsync(() => TakeAsync(update)));
        await LoadAsync();
    }

    private async Task LoadAsync()
    {
        try
        {
            _runs = [.. await Store.ListAsync()];
            _failure = null;
        }
        catch (Exception error)
        {
            Log.LogError(error, "The runs could not be read.");
            _failure = Failures.Show(error);
        }
    }

    private async Task TakeAsync(RunUpdate update)
    {
        _live[update.RunId] = update.Progress;
        if (_runs is not null && _runs.All(run => run.Id != update.RunId)) await LoadAsync();
        StateHasChanged();
    }

    private RunProgress ProgressOf(Run run) => _live.GetValueOrDefault(run.Id) ?? Feed.Progress(run.Id) ?? RunProgress.Of(run);

    private bool Matches(Run run) => string.IsNullOrWhiteSpace(_search)
        || new[] { run.Name, run.ModelName, run.OwnerName ?? "" }.Any(text => text.Contains(_search.Trim(), StringComparison.CurrentCultureIgnoreCase));

    private string StatusName(RunStatus? status) => status is { } one ? StatusText[one.ToString()] : Text["AllStates"];

    private void Choose(int run)
    {
        if (!_chosen.Remove(run)) _chosen.Add(run);
    }

    private void ClearFilter() => (_search, _status) = (null, null);
}
