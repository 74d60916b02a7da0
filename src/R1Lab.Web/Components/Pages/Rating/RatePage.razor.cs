using System.Globalization;
using System.Security.Claims;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.Extensions.Localization;
using Microsoft.JSInterop;
using R1Lab.Data;
using R1Lab.Data.Access;
using R1Lab.Data.Studies;
using R1Lab.Web.Access;
using R1Lab.Web.Components.Shared;

namespace R1Lab.Web.Components.Pages.Rating;

/// <summary>
/// A rater's questions, one at a time. What is entered never passes through this page: the desk in the browser sends it to the API and asks
/// here for another question once the lab has acknowledged it.
/// </summary>
public sealed partial class RatePage : ComponentBase, IAsyncDisposable
{
    private IReadOnlyList<RaterStudy> _studies = [];
    private IReadOnlyList<RaterSubmission> _own = [];
    private RatingTask? _task;
    private DotNetObjectReference<RatePage>? _self;
    private PageScript _script = default!;
    private string _raterId = "";
    private string? _failure;
    private string? _note;
    private int? _studyId;
    private int _submitted;
    private int _shown;
    private bool _busy;
    private bool _loading = true;
    private bool _revisiting;

    [Inject]
    private RatingStore Ratings { get; set; } = default!;

    [Inject]
    private IJSRuntime Js { get; set; } = default!;

    [Inject]
    private IStringLocalizer<FailureTexts> Failures { get; set; } = default!;

    [CascadingParameter]
    private Task<AuthenticationState> Session { get; set; } = default!;

    [Inject]
    private LiveSession Live { get; set; } = default!;

    private string Language => _task?.Language ?? CultureInfo.CurrentUICulture.Name;

    /// <summary>The lab has the form of this assignment; shows the next question. The desk may ask more than once.</summary>
    [JSInvokable]
    public async Task AdvanceAsync(int assignmentId)
    {
        if (_task?.AssignmentId == assignmentId) await OpenAsync();
        StateHasChanged();
    }

    /// <summary>A submission was taken back; shows it again.</summary>
    [JSInvokable]
    public async Task ReopenAsync(int assignmentId)
    {
        if (_task?.AssignmentId != assignmentId) await ShowAsync(assignmentId, Text["Undone"]);
        StateHasChanged();
    }

    public async ValueTask DisposeAsync()
    {
        await _script.CloseAsync("close");
        _self?.Dispose();
    }

    protected override async Task OnInitializedAsync()
    {
        _script = new PageScript(Js, "./js/rating-desk.js");
        var user = (await Session).User;
        _raterId = user.FindFirstValue(ClaimTypes.NameIdentifier)!;
        await OpenAsync();
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!firstRender) return;
        _self = DotNetObjectReference.Create(this);
        await _script.CallAsync("open", _self, _raterId);
    }

    private Task ChooseStudyAsync(ChangeEventArgs change)
    {
        _studyId = int.Parse((string)change.Value!, CultureInfo.InvariantCulture);
        return OpenAsync();
    }

    private Task OpenAsync() => GuardAsync(async () =>
    {
        await ListAsync();
        var study = _studies.FirstOrDefault(one => one.StudyId == _studyId && one.Progress.Remaining > 0) ?? _studies.FirstOrDefault(one => one.Progress.Remaining > 0);
        _studyId = study?.StudyId;
        var task = study is null ? null : await Ratings.NextAsync(await Live.DemandAsync(LabRight.Rate), study.StudyId);
        Show(task, task?.State == AssignmentState.Draft ? Text["Restored"].Value : null);
        _revisiting = false;
    });

    private Task RevisitAsync(int assignmentId) => ShowAsync(assignmentId, null);

    private async Task TakeBackAsync(int assignmentId)
    {
        await GuardAsync(async () => await Ratings.TakeBackSkipAsync(await Live.DemandAsync(LabRight.Rate), assignmentId));
        await ShowAsync(assignmentId, Text["TakenBack"]);
    }

    private Task ShowAsync(int assignmentId, string? note) => GuardAsync(async () =>
    {
        var task = await Ratings.OpenAsync(assignmentId, _raterId);
        await ListAsync();
        _studyId = task.StudyId;
        Show(task, note ?? (task.State == AssignmentState.Submitted ? Text["Revising", task.Entry.Revision].Value : null));
        _revisiting = true;
    });

    private async Task ListAsync()
    {
        _studies = await Ratings.StudiesAsync(_raterId);
        _submitted = _studies.Sum(study => study.Progress.Submitted);
        _own = await Ratings.SubmissionsAsync(_raterId);
    }

    private void Show(RatingTask? task, string? note)
    {
        (_task, _note) = (task, note);
        _shown++; // elements of another question, or of the same one opened again: the desk takes up what they say
    }

    private async Task GuardAsync(Func<Task> work)
    {
        if (_busy) return;
        _busy = true;
        try
        {
            _failure = null;
            await work();
        }
        catch (RecordNotFoundException)
        {
            (_failure, _task) = (Text["Closed"], null);
        }
        catch (NotAllowedException refused)
        {
            _failure = Failures.Show(refused);
        }
        finally
        {
            (_loading, _busy) = (false, false);
        }
    }
}
