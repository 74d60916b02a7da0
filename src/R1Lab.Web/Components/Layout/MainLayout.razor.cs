using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.JSInterop;

namespace R1Lab.Web.Components.Layout;

/// <summary>The frame of every interactive page: app bar, menu, content, and MudBlazor's providers once.</summary>
public sealed partial class MainLayout : LayoutComponentBase, IAsyncDisposable
{
    private ErrorBoundary? _boundary;
    private Task<IJSObjectReference>? _theme;
    private bool _isDark;
    private bool _themeChosen;
    private bool _menuOpen = true;

    [Inject]
    private IJSRuntime Script { get; set; } = default!;

    [Inject]
    private IEnumerable<AppBarItem> AppBarItems { get; set; } = default!;

    [CascadingParameter(Name = "Theme")]
    private string? Theme { get; set; }

    public async ValueTask DisposeAsync()
    {
        if (_theme is null) return;
        try
        {
            await (await _theme).DisposeAsync();
        }
        catch (Exception error) when (error is JSDisconnectedException or OperationCanceledException)
        {
            // The page is gone, and the module with it.
        }
    }

    protected override void OnInitialized() => _isDark = Theme == "dark";

    protected override void OnParametersSet() => _boundary?.Recover();

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!firstRender) return;
        var isDark = await (await ThemeScriptAsync()).InvokeAsync<bool>("isDark");
        if (isDark == _isDark || _themeChosen) return; // a switch used meanwhile is newer than this answer
        _isDark = isDark;
        StateHasChanged();
    }

    private Task<IJSObjectReference> ThemeScriptAsync() => _theme ??= Script.InvokeAsync<IJSObjectReference>("import", "./js/theme.js").AsTask();

    private void ToggleMenu() => _menuOpen = !_menuOpen;

    private void Recover() => _boundary?.Recover();

    private async Task UseTheme(bool isDark)
    {
        (_isDark, _themeChosen) = (isDark, true);
        await (await ThemeScriptAsync()).InvokeVoidAsync("use", isDark ? "dark" : "light");
    }
}
