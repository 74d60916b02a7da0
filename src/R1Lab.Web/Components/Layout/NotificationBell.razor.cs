using System.Globalization;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.Components.Web;
using MudBlazor;
using R1Lab.Data.Notifications;
using R1Lab.Web.Access;

namespace R1Lab.Web.Components.Layout;

/// <summary>
/// Shows a person's notifications and how many are unread. It asks the store every few seconds: whatever ends work writes there, and other
/// pages of the same person mark them read.
/// </summary>
public sealed partial class NotificationBell
{
    private const int MostShown = 30;
    private const int MostCounted = 99;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    private readonly CancellationTokenSource _ending = new();
    private NotificationList _list = new([], 0);
    private (int Newest, int Unread) _state;
    private MudIconButton? _button;
    private string? _userId;
    private bool _isOpen;

    [CascadingParameter]
    private Task<AuthenticationState>? Authentication { get; set; }

    [Inject]
    private NotificationStore Store { get; set; } = default!;

    [Inject]
    private LiveSession Live { get; set; } = default!;

    [Inject]
    private NavigationManager Navigation { get; set; } = default!;

    [Inject]
    private ISnackbar Snackbar { get; set; } = default!;

    [Inject]
    private TimeProvider Time { get; set; } = default!;

    [Inject]
    private ILogger<NotificationBell> Log { get; set; } = default!;

    private string Count => _list.Unread > MostCounted ? $"{MostCounted}+" : _list.Unread.ToString(CultureInfo.CurrentCulture);

    public void Dispose()
    {
        _ending.Cancel();
        _ending.Dispose();
    }

    protected override async Task OnInitializedAsync()
    {
        if (Authentication is null || (await Authentication).User is not { Identity.IsAuthenticated: true } user) return;
        _userId = Visitor.Of(user).UserId;
        if (_userId is null) return;
        await ReadAsync();
    }

    protected override void OnAfterRender(bool firstRender)
    {
        if (firstRender) _ = WatchAsync(_ending.Token);
    }

    private async Task WatchAsync(CancellationToken ending)
    {
        using var timer = new PeriodicTimer(Interval, Time);
        try
        {
            while (await timer.WaitForNextTickAsync(ending)) await InvokeAsync(() => RefreshAsync(ending));
        }
        catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException)
        {
            // The page was left.
        }
    }

    private async Task RefreshAsync(CancellationToken ending)
    {
        if (_userId is null) return;
        try
        {
            if (await Store.StateAsync(_userId, ending) == _state) return;
            var newest = _state.Newest;
            await ReadAsync();
            if (!_isOpen) Announce(newest);
            StateHasChanged();
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            Log.LogWarning(error, "Notifications could not be read; trying again.");
        }
    }

    private async Task ReadAsync()
    {
        var userId = _userId!;
        _list = await Store.ListAsync(userId, MostShown, _ending.Token);
        _state = (_list.Newest.Count > 0 ? _list.Newest[0].Id : 0, _list.Unread);
    }

    private void Announce(int afterId)
    {
        foreach (var one in _list.Newest.Where(one => one.Id > afterId && !one.IsRead).Take(3).Reverse())
            Snackbar.Add(Text[$"Kind_{one.Kind}", one.Subject].Value, SeverityOf(one.Kind), key: $"notification-{one.Id}");
    }

    private async Task ToggleAsync()
    {
        _isOpen = !_isOpen;
        if (_isOpen) await ReadAsync();
    }

    private void Close() => _isOpen = false;

    private async Task CloseByKey(KeyboardEventArgs key)
    {
        if (key.Key != "Escape" || !_isOpen) return;
        _isOpen = false;
        if (_button is not null) await _button.FocusAsync();
    }

    private async Task OpenAsync(Notification one)
    {
        _isOpen = false;
        await Store.MarkReadAsync(await Live.DemandSignedInAsync(), one.Id);
        Navigation.NavigateTo(one.Address);
    }

    private async Task MarkAllReadAsync()
    {
        await Store.MarkAllReadAsync(await Live.DemandSignedInAsync(), _state.Newest);
        await ReadAsync();
    }

    private static Severity SeverityOf(string kind) => kind switch
    {
        NotificationKinds.RunFailed or NotificationKinds.StudyFailed => Severity.Error,
        NotificationKinds.RunPaused => Severity.Warning,
        NotificationKinds.RatingWaits => Severity.Info,
        _ => Severity.Success,
    };
}
