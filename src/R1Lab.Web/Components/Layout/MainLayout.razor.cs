using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.JSInterop;
using R1Lab.Web.Components.Shared;

namespace R1Lab.Web.Components.Layout;

/// <summary>The frame of every interactive page: app bar, menu, content, and MudBlazor's providers once.</summary>
public sealed partial class MainLayout : LayoutComponentBase, IAsyncDisposable
{
    private ErrorBoundary? _boundary;
    private ErrorBoundary? _dialogs;
    private PageScript _theme = default!;
    private bool _isDark;
    private bool _themeChosen;
    private bool _menuOpen = true;

    [Inject]
    private IJSRuntime Script { get; set; } = default!;

    [Inject]
    private IEnumerable<AppBarItem> AppBarItems { get; set; } = default!;

    [CascadingParameter(Name = "Theme")]
    private string? Theme { get; set; }

    public ValueTask DisposeAsync() => _theme.DisposeAsync();

    protected override void OnInitialized()
    {
        _theme = new PageScript(Script, "./js/theme.js");
        _isDark = Theme == "dark";
    }

    protected override void OnParametersSet() => _boundary?.Recover();

    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (!firstRender) return;
        var isDark = await _theme.CallAsync<bool>("isDark");
        if (isDark == _isDark || _themeChosen) return; // a switch used meanwhile is newer than this answer
        _isDark = isDark;
        StateHasChanged();
    }

    private void ToggleMenu() => _menuOpen = !_menuOpen;

    private void Recover() => _boundary?.Recover();

    private void RecoverDialogs() => _dialogs?.Recover();

    private Task UseTheme(bool isDark)
    {
        (_isDark, _themeChosen) = (isDark, true);
        return _theme.CallAsync("use", isDark ? "dark" : "light");
    }
}
