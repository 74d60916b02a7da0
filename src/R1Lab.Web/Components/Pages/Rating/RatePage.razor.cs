using System.Globalization;
using System.Security.Claims;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.JSInterop;
using R1Lab.Data;
using R1Lab.Data.Access;
using R1Lab.Data.Studies;
using R1Lab.Web.Access;

namespace R1Lab.Web.Components.Pages.Rating;

/// <summary>A rater's desk: one question, its answers without names, and the scales. Everything entered is kept at once.</summary>
public sealed partial class RatePage : ComponentBase, IAsyncDisposable
{
    private static readonly TimeSpan SaveAfter = TimeSpan.FromMilliseconds(400);

    private readonly string _client = Guid.NewGuid().ToString("N");
    private long _sequence;
    private IReadOnlyList<RaterStudy> _studies = [];
    private RatingForm _form = RatingForm.Empty;
    private RatingTask? _task;
    private SubmitReceipt? _undo;
    private DotNetObjectReference<RatePage>? _self;
    private IJSObjectReference? _module;
    private IJSObjectReference? _listener;
    private string _raterId = "";
    private string? _failure;
    private string? _notice;
    private int? _studyId;
    private int _submitted;
    private int _changes;
    private bool _unsaved;
    private bool _busy;
    private bool _loading = true;
    private bool _showCurrent;
    private bool _showTop;
    private bool _gone;

    [Inject]
    private RatingStore Ratings { get; set; } = default!;

    [Inject]
    private ILogger<RatePage> Log { get; set; } = default!;

    [Inject]
    private IJSRuntime Js { get; set; } = default!;

    [CascadingParameter]
    private Task<AuthenticationState> Session { get; set; } = default!;

    [Inject]
    private LiveSession Live { get; set; } = default!;

    private string Language => _task?.Language ?? CultureInfo.CurrentUICulture.Name;

    /// <summary>A key with a meaning was pressed (see rating-keys.js).</summary>
    [JSInvokable]
    public async Task PressAsync(string action)
    {
        if (_busy) return;
        if (action == "undo") await UndoAsync();
        else if (_task is not null) await PressOnTaskAsync(action);
        StateHasChanged();
    }

    public async ValueTask DisposeAsync()
    {
        _gone = true;
        _changes++;
        if (_unsaved && _task is not null) await KeepAsync(_task.AssignmentId);
        _self?.Dispose();
        try
        {
            if (_listener is not null) await _listener.InvokeVoidAsync("stop");
            if (_module is not null) await _module.DisposeAsync();
        }
        catch (JSDisconnectedException)
        {
            // The tab is gone, and its script with it.
        }
    }

    protected override async Task OnInitializedAsync()
    {
        var user = (await Session).User;
        _raterId = user.FindFirstValue(ClaimTypes.NameIdentifier)!;
        await OpenAsync();
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (firstRender)
        {
            _self = DotNetObjectReference.Create(this);
            _module = await Js.InvokeAsync<IJSObjectReference>("import", "./js/rating-keys.js");
            if (_module is not null) _listener = await _module.InvokeAsync<IJSObjectReference>("listen", _self);
        }

        if (_module is null || _task is null) return;
        var (toTop, toCurrent) = (_showTop, _showCurrent);
        (_showTop, _showCurrent) = (false, false);
        if (toTop) await _module.InvokeVoidAsync("showTop");
        else if (toCurrent) await _module.InvokeVoidAsync("show", _form.CurrentName);
    }

    private string Label(int slot) => SlotLabel.Text(slot, Language);

    private Task PressOnTaskAsync(string action)
    {
        _showCurrent = true;
        switch (action)
        {
            case "next": _form.Move(1); return Task.CompletedTask;
            case "previous": _form.Move(-1); return Task.CompletedTask;
            case "next-answer": _form.MoveAnswer(1); return Task.CompletedTask;
            case "previous-answer": _form.MoveAnswer(-1); return Task.CompletedTask;
            case "save": return SaveAsync();
            case "submit": return SubmitAsync();
            default: return PressPointAsync(int.Parse(action, CultureInfo.InvariantCulture));
        }
    }

    private Task PressPointAsync(int point)
    {
        if (!_form.SetCurrent(point == 0 ? null : point)) return Task.CompletedTask;
        _form.Move(1);
        KeepSoon();
        return Task.CompletedTask;
    }

    private Task ChooseStudyAsync(ChangeEventArgs change)
    {
        _studyId = int.Parse((string)change.Value!, CultureInfo.InvariantCulture);
        return OpenAsync();
    }

    private Task OpenAsync() => GuardAsync(async () =>
    {
        if (_unsaved && _task is not null) await KeepAsync(_task.AssignmentId);
        _studies = await Ratings.StudiesAsync(_raterId);
        _submitted = _studies.Sum(study => study.Progress.Submitted);
        var study = _studies.FirstOrDefault(one => one.StudyId == _studyId && one.Progress.Remaining > 0) ?? _studies.FirstOrDefault(one => one.Progress.Remaining > 0);
        _studyId = study?.StudyId;
        Show(study is null ? null : await Ratings.NextAsync(await Live.DemandAsync(LabRight.Rate), study.StudyId));
    });

    private void Show(RatingTask? task)
    {
        _showTop = _task is not null; // the first question comes with the page itself; taking the focus then would break into typing
        (_task, _unsaved, _notice) = (task, false, null);
        _form = task is null ? RatingForm.Empty : new RatingForm(task);
        if (task is not null && task.State == AssignmentState.Draft) _notice = Text["Restored"];
    }

    private Task ScoreAsync(SlotScore score)
    {
        _form.Set(score);
        KeepSoon();
        return Task.CompletedTask;
    }

    // Many changes in a row become one write; the last one counts.
    private void KeepSoon()
    {
        _unsaved = true;
        _notice = null;
        var change = ++_changes;
        _ = InvokeAsync(async () =>
        {
            await Task.Delay(SaveAfter);
            if (change != _changes || _gone || _task is null) return;
            await KeepQuietlyAsync(_task.AssignmentId, change);
            StateHasChanged();
        });
    }

    // Nobody waits for this write, so it must say itself when it failed.
    private async Task KeepQuietlyAsync(int assignmentId, int change)
    {
        try
        {
            await KeepAsync(assignmentId);
            if (change == _changes) _notice = Text["Saved"];
        }
        catch (Exception e)
        {
            Log.LogError(e, "The draft of assignment {Assignment} was not saved", assignmentId);
            _unsaved = true;
            _notice = Text["NotSaved"];
        }
    }

    private async Task KeepAsync(int assignmentId)
    {
        _unsaved = false;
        await Ratings.EnterAsync(await Live.DemandAsync(LabRight.Rate), assignmentId, Entry(EntryIntent.Draft));
    }

    private RatingEntry Entry(EntryIntent intent) =>
        new(new EntryStamp(_client, ++_sequence), _task!.Entry.Stamp is { } stamp ? [stamp] : [], intent, _form.Draft(), intent == EntryIntent.Skip ? SkipReason.Other : null);

    private Task SaveAsync() => GuardAsync(async () =>
    {
        _changes++;
        await KeepAsync(_task!.AssignmentId);
        _notice = Text["Saved"];
    });

    private Task SubmitAsync()
    {
        if (_form.GoToMissing() is { } missing)
        {
            _notice = Text["Missing", Label(missing.Slot), missing.Criterion.Name(Language)];
            _showCurrent = true;
            return Task.CompletedTask;
        }

        return GuardAsync(async () =>
        {
            _changes++;
            var stored = (await Ratings.EnterAsync(await Live.DemandAsync(LabRight.Rate), _task!.AssignmentId, Entry(EntryIntent.Submit))).Stored;
            _unsaved = false;
            if (stored is { State: AssignmentState.Submitted, SubmittedAt: { } at, UndoUntil: { } until })
            {
                _undo = new SubmitReceipt(stored.AssignmentId, stored.Revision, at, until);
                HideUndoLater(_undo);
            }

            await OpenAsync();
        });
    }

    private Task SkipAsync() => GuardAsync(async () =>
    {
        _changes++;
        _unsaved = false;
        await Ratings.EnterAsync(await Live.DemandAsync(LabRight.Rate), _task!.AssignmentId, Entry(EntryIntent.Skip));
        await OpenAsync();
    });

    private Task UndoAsync() => GuardAsync(async () =>
    {
        if (_undo is not { } receipt) return;
        _undo = null;
        if (_unsaved && _task is not null) await KeepAsync(_task.AssignmentId);
        if (await Ratings.UndoSubmitAsync(await Live.DemandAsync(LabRight.Rate), receipt.AssignmentId))
        {
            var task = await Ratings.OpenAsync(receipt.AssignmentId, _raterId);
            Show(task);
            _studyId = task.StudyId;
            _notice = Text["Undone"];
        }
        else
        {
            _notice = Text["UndoLate"];
        }
    });

    private void HideUndoLater(SubmitReceipt receipt) => _ = InvokeAsync(async () =>
    {
        await Task.Delay(RatingStore.UndoWindow);
        if (_gone || _undo != receipt) return;
        _undo = null;
        StateHasChanged();
    });

    private async Task GuardAsync(Func<Task> work)
    {
        _busy = true;
        try
        {
            _failure = null;
            await work();
        }
        catch (RecordNotFoundException)
        {
            (_failure, _task, _unsaved) = (Text["Closed"], null, false);
        }
        catch (InvalidRatingException invalid)
        {
            _notice = invalid.Message;
        }
        finally
        {
            (_loading, _busy) = (false, false);
        }
    }
}
