using System.Globalization;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.Extensions.Localization;
using MudBlazor;
using R1Lab.Data.Access;
using R1Lab.Data.Runs;
using R1Lab.Web.Access;
using R1Lab.Web.Components.Shared;
using R1Lab.Web.Training;

namespace R1Lab.Web.Components.Pages.Runs;

/// <summary>Shows the queue live. Waiting runs are moved by dragging or by their buttons; who may move what, the queue itself decides.</summary>
public sealed partial class RunQueuePanel
{
    private const int AtTheEnd = -1;

    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(3);

    private readonly Dictionary<(int Run, bool Up), Held<MudIconButton>> _buttons = [];
    private Visitor _visitor = new(null, "-");
    private QueuePicture? _queue;
    private IDisposable[] _news = [];
    private string? _failure;
    private string _said = "";
    private long _loadedAt;
    private (int Run, bool Up)? _focus;
    private int? _dragged;
    private int? _over;

    [CascadingParameter]
    private Task<AuthenticationState> Session { get; set; } = null!;

    [Inject]
    private LiveSession Live { get; set; } = null!;

    [Inject]
    private RunLine Line { get; set; } = null!;

    [Inject]
    private RunQueue Queue { get; set; } = null!;

    [Inject]
    private RunForecast Forecast { get; set; } = null!;

    [Inject]
    private RunFeed Feed { get; set; } = null!;

    [Inject]
    private TimeProvider Time { get; set; } = null!;

    [Inject]
    private ISnackbar Snackbar { get; set; } = null!;

    [Inject]
    private IStringLocalizer<RunQueuePanel> Text { get; set; } = null!;

    [Inject]
    private IStringLocalizer<Durations> DurationTexts { get; set; } = null!;

    [Inject]
    private IStringLocalizer<FailureTexts> Failures { get; set; } = default!;

    [Inject]
    private ILogger<RunQueuePanel> Log { get; set; } = null!;

    public void Dispose()
    {
        foreach (var news in _news) news.Dispose();
    }

    protected override async Task OnInitializedAsync()
    {
        _visitor = Visitor.Of((await Session).User);
        _news =
        [
            Line.Changes.Subscribe(_ => InvokeAsync(ReloadAsync)),
            Forecast.Changes.Subscribe(_ => InvokeAsync(ReloadAsync)),
            Feed.Subscribe(null, update => InvokeAsync(() => TakeAsync(update))),
        ];
        await LoadAsync();
    }

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (_focus is not { } wanted || !_buttons.TryGetValue(wanted, out var held) || held.Value is not { } button) return;

        _focus = null;
        var other = _buttons.GetValueOrDefault((wanted.Run, !wanted.Up))?.Value;
        await ((button.Disabled ? other : button)?.FocusAsync() ?? ValueTask.CompletedTask);
    }

    private async Task LoadAsync()
    {
        try
        {
            _queue = await Line.PictureAsync();
            _loadedAt = Time.GetTimestamp();
            _failure = null;
        }
        catch (Exception error)
        {
            Log.LogError(error, "The queue could not be read.");
            _failure = Failures.Show(error);
        }
    }

    private async Task ReloadAsync()
    {
        await LoadAsync();
        StateHasChanged();
    }

    /// <summary>Progress of the run under way is drawn at once; the times of all others are worked out again every few seconds.</summary>
    private async Task TakeAsync(RunUpdate update)
    {
        if (_queue?.Running?.Run.Id != update.RunId) return;
        if (Time.GetElapsedTime(_loadedAt) > Fresh) await LoadAsync();
        StateHasChanged();
    }

    private void Drag(Run run, bool mine) => _dragged = mine ? run.Id : null;

    private void EndDrag() => (_dragged, _over) = (null, null);

    private async Task DropAsync(int? before)
    {
        if (_dragged is not { } moved) return;

        EndDrag();
        // Dropped on a run further down, it takes that run's place, as the eye expects: it goes before the next one.
        var order = _queue!.Waiting.Select(waiting => waiting.Run.Id).ToList();
        var target = before is { } on && order.IndexOf(on) > order.IndexOf(moved) ? order.ElementAtOrDefault(order.IndexOf(on) + 1) : before ?? 0;
        await MoveAsync(moved, target == 0 ? null : target);
    }

    private async Task StepAsync(int index, bool up)
    {
        var waiting = _queue!.Waiting;
        var run = waiting[index].Run;
        _focus = (run.Id, up);
        await MoveAsync(run.Id, up ? waiting[index - 1].Run.Id : index + 2 < waiting.Count ? waiting[index + 2].Run.Id : null);
    }

    private Task MoveAsync(int run, int? before) => DoAsync(async () =>
    {
        await Queue.MoveAsync(await Live.DemandAsync(LabRight.Train), run, before);
        await LoadAsync();
        var place = _queue?.Waiting.Select(waiting => waiting.Run.Id).ToList().IndexOf(run) ?? -1;
        if (place >= 0) _said = Text["Moved", _queue!.Waiting[place].Run.Name, place + 1, _queue.Waiting.Count];
    });

    private Task TakeOutAsync(Run run) => DoAsync(async () =>
    {
        if (await Queue.StopAsync(await Live.DemandAsync(LabRight.Train), run.Id)) Snackbar.Add(Text["TakenOut", run.Name], Severity.Info);
        await LoadAsync();
    });

    private Task SwitchHoldAsync(bool hold) => DoAsync(async () =>
    {
        var actor = await Live.DemandAsync(LabRight.Train);
        await (hold ? Line.HoldAsync(actor) : Line.GoOnAsync(actor));
        await LoadAsync();
    });

    private Task SwitchContinueAsync(bool continues) => DoAsync(async () =>
    {
        await Line.SetContinuesOnErrorAsync(await Live.DemandAsync(LabRight.Train), continues);
        await LoadAsync();
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

    private string Times(QueuedRun waiting) => string.Join(" · ", Parts(waiting));

    private IEnumerable<string> Parts(QueuedRun waiting)
    {
        if (waiting.StartsIn is { } starts) yield return starts > TimeSpan.Zero ? Text["StartsIn", DurationTexts.Show(starts)] : Text["StartsNow"];
        if (waiting.TimeLeft is { } left) yield return Text["Takes", DurationTexts.Show(left)];
        if (waiting.StartsIn is null && waiting.TimeLeft is null) yield return Text["NoTime"];
    }

    private string Whose(Run run) => string.Join(" · ", new[] { run.OwnerName, run.ModelName, run.DatasetName }.Where(part => !string.IsNullOrEmpty(part)));

    private static string Whole(int value) => value.ToString("N0", CultureInfo.CurrentCulture);

    private static string Clock(DateTimeOffset at) => at.ToLocalTime().ToString("g", CultureInfo.CurrentCulture);

    private Held<MudIconButton> Button(int run, bool up) =>
        _buttons.TryGetValue((run, up), out var held) ? held : _buttons[(run, up)] = new Held<MudIconButton>();

    /// <summary>A place for the reference of a component in a list.</summary>
    private sealed class Held<T> where T : class
    {
        public T? Value { get; set; }
    }
}
