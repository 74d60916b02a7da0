using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using R1Lab.Data.Datasets;
using R1Lab.Data.Models;
using R1Lab.Data.Runs;
using R1Lab.Data.Studies;
using R1Lab.Web.Access;
using R1Lab.Web.Components.Shared;
using R1Lab.Web.Training;

namespace R1Lab.Web.Components.Pages;

/// <summary>The start page: how far the circle has come, what runs now, what waits. Raters start at their tasks.</summary>
public sealed partial class Overview : ComponentBase, IDisposable
{
    private Loadable<LabFigures>? _figures;
    private IDisposable? _news;
    private RunProgress? _progress;
    private bool _mayTrain;
    private bool _mayView;
    private bool _mayRate;
    private string? _userId;

    [Inject]
    private IAuthorizationService Authorization { get; set; } = default!;

    [Inject]
    private NavigationManager Navigation { get; set; } = default!;

    [Inject]
    private DatasetStore Datasets { get; set; } = default!;

    [Inject]
    private ModelStore Models { get; set; } = default!;

    [Inject]
    private RunStore Runs { get; set; } = default!;

    [Inject]
    private StudyStore Studies { get; set; } = default!;

    [Inject]
    private RatingStore Ratings { get; set; } = default!;

    [Inject]
    private RunFeed Feed { get; set; } = default!;

    [CascadingParameter]
    private Task<AuthenticationState> Session { get; set; } = default!;

    public void Dispose() => _news?.Dispose();

    protected override async Task OnInitializedAsync()
    {
        var user = (await Session).User;
        _userId = Visitor.Of(user).UserId;
        _mayTrain = (await Authorization.AuthorizeAsync(user, LabPolicies.CanTrain)).Succeeded;
        _mayView = (await Authorization.AuthorizeAsync(user, LabPolicies.CanView)).Succeeded;
        _mayRate = (await Authorization.AuthorizeAsync(user, LabPolicies.CanRate)).Succeeded;
        if (_mayView) _news = Feed.Subscribe(null, update => InvokeAsync(() => FollowAsync(update)));
        else Navigation.NavigateTo("/rate", replace: true);
    }

    private async Task<LabFigures> ReadAsync()
    {
        var runs = await Runs.ListAsync();
        var studies = await Studies.ListAsync();
        var mine = _userId is null || !_mayRate ? [] : await Ratings.StudiesAsync(_userId);
        LabStep[] steps =
        [
            new("Dataset", (await Datasets.ListAsync()).Count, "/datasets"),
            new("Model", (await Models.ListAsync()).Count(model => model.Kind != ModelKind.Adapter), "/models"),
            new("Run", runs.Count(run => run.Status == RunStatus.Finished), "/runs/new"),
            new("Rating", studies.Sum(study => study.Submitted), "/studies"),
        ];
        var current = runs.FirstOrDefault(run => run.Status is RunStatus.Running or RunStatus.Paused);
        _progress = current is null ? null : Feed.Progress(current.Id);
        return new LabFigures(steps, current, runs.Count(run => run.Status == RunStatus.Queued), mine.Sum(study => study.Progress.Remaining));
    }

    private async Task FollowAsync(RunUpdate update)
    {
        var before = _progress?.Status;
        _progress = update.Progress;
        // A run that began or ended changes the other figures, too.
        if (before != update.Progress.Status && _figures is not null) await _figures.ReloadAsync();
        StateHasChanged();
    }
}
