using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using MudBlazor;
using R1Lab.Data;
using R1Lab.Data.Access;
using R1Lab.Data.Studies;
using R1Lab.Web.Access;
using R1Lab.Web.Components.Shared;
using R1Lab.Web.Studies;

namespace R1Lab.Web.Components.Pages.Studies;

/// <summary>One study for those who run it: how its answers are written, what raters said, and by which model each answer is.</summary>
public sealed partial class StudyPage : ComponentBase, IDisposable
{
    private StudyFeed? _feed;
    private StudyContents? _contents;
    private StudyResults? _results;
    private Visitor _visitor = new(null, "-");
    private StudyProgress? _progress;
    private IReadOnlyList<ScoreRow> _rows = [];
    private string? _failure;
    private bool _missing;
    private bool _isFixed;
    private bool _withoutTrainedOn;

    [Parameter]
    public int Id { get; set; }

    [Inject]
    private StudyStore Studies { get; set; } = default!;

    [Inject]
    private StudyGenerator Generator { get; set; } = default!;

    [Inject]
    private IDialogService Dialogs { get; set; } = default!;

    [Inject]
    private NavigationManager Navigation { get; set; } = default!;

    [Inject]
    private ILogger<StudyPage> Log { get; set; } = default!;

    [Inject]
    private LiveSession Live { get; set; } = default!;

    [CascadingParameter]
    private Task<AuthenticationState> Session { get; set; } = default!;

    /// <summary>Why the visitor may not change the study; null when it is allowed.</summary>
    private string? Reason => _results is null ? null : ChangeReason.Of(Denied, _visitor, _results.Study.OwnerId, _results.Study.OwnerName);

    public void Dispose() => _feed?.Dispose();

    protected override async Task OnParametersSetAsync()
    {
        _visitor = Visitor.Of((await Session).User);
        _feed?.Dispose();
        _feed = new StudyFeed(Generator, Id, () => InvokeAsync(FollowAsync));
        await ReadAsync();
    }

    // While answers are written only the numbers move; the rest is read when a prompt was stored or the work ended.
    private async Task FollowAsync()
    {
        await ReadAsync();
        StateHasChanged();
    }

    private async Task ReadAsync()
    {
        var id = Id;
        try
        {
            var contents = await Studies.GetAsync(id);
            var rows = contents is null ? [] : await Studies.ExportAsync(id);
            var isFixed = contents is not null && await Studies.HasRatingsAsync(id);
            if (id != Id) return; // another study is shown by now
            (_failure, _progress, _contents, _missing, _rows, _isFixed) = (null, Generator.Progress(id), contents, contents is null, rows, isFixed);
            if (_contents is null) return;
            _results = StudyResults.From(_contents, _rows, _withoutTrainedOn);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Log.LogError(e, "Study {Study} could not be read", id);
            _failure = Text["ReadFailed"];
        }
    }

    private async Task SetStatusAsync(StudyStatus status)
    {
        await Studies.SetStatusAsync(await Live.DemandAsync(LabRight.Train), Id, status);
        await ReadAsync();
    }

    private async Task SetPrimaryAsync(PrimaryComparison? primary)
    {
        try
        {
            await Studies.SetPrimaryAsync(await Live.DemandAsync(LabRight.Train), Id, primary);
        }
        catch (RecordConflictException)
        {
            // A rater was faster; the page now shows the choice as fixed.
        }

        await ReadAsync();
    }

    private void LeaveOutTrainedOn(bool leaveOut)
    {
        _withoutTrainedOn = leaveOut;
        _results = StudyResults.From(_contents!, _rows, leaveOut);
    }

    private async Task ContinueAsync()
    {
        if (!await Generator.ContinueAsync(await Live.DemandAsync(LabRight.Train), Id)) _failure = Text["CannotContinue"];
        else _progress = Generator.Progress(Id);
    }

    private async Task CancelAsync() => await Generator.CancelAsync(await Live.DemandAsync(LabRight.Train), Id);

    private async Task DeleteAsync()
    {
        var name = _results!.Study.Name;
        if (!await ConfirmByName.AskAsync(Dialogs, Text["DeleteTitle"], Text["DeleteText", name, _results.Submissions], name)) return;
        await Generator.DeleteAsync(await Live.DemandAsync(LabRight.Train), Id);
        Navigation.NavigateTo("/studies");
    }
}
