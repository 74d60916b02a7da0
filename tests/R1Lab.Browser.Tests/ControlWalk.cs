using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Playwright;
using R1Lab.Tests.Shared;

namespace R1Lab.Browser.Tests;

/// <summary>Operates every control of the pages once, also of what others open, as far as they are not exempt.</summary>
internal sealed partial class ControlWalk(IPage page, string language, Func<string, bool> isExempt)
{
    private const int MostTurns = 400;
    private const int MostTries = 3;

    private readonly ControlHand _hand = new(page, Patience.For(TimeSpan.FromSeconds(3)));
    private readonly Dictionary<string, Sighting> _seen = [];
    private readonly HashSet<string> _operated = [];
    private readonly List<string> _faults = [];
    private int _turn;

    public IReadOnlyCollection<string> Operated => _operated;

    /// <summary>Controls without effect, and those that could not be operated.</summary>
    public IEnumerable<string> Faults => _faults.Concat(_seen.Keys.Where(IsOpen).Select(key => $"{key}: never operated"));

    public async Task WalkAsync(LabPath path)
    {
        var place = PlaceOf(new Uri(new Uri("http://lab/"), path.Address));
        await OpenAsync(path);
        var (isFresh, revealer) = (true, (string?)null);
        for (var turn = 0; turn < MostTurns; turn++)
        {
            if (Next(await ListAsync(place, revealer)) is { } control)
            {
                await OperateAsync(place, control);
                (isFresh, revealer) = (await IsElsewhereAsync(place), control.Key);
            }
            else if (isFresh && !TryAgain(place))
            {
                return;
            }
            else
            {
                isFresh = true;
            }

            if (!isFresh) continue;
            revealer = null;
            await OpenAsync(path with { Holds = "R1Lab" }); // what the page was about may be deleted
        }

        _faults.Add($"{place}: no end after {MostTurns} controls");
    }

    private bool IsOpen(string key) => !_operated.Contains(key) && !isExempt(key);

    /// <summary>What was revealed last comes first: it may be gone after the next step.</summary>
    private Control? Next(ControlLayer layer) =>
        layer.Controls.Where(control => control.State == "ready" && IsOpen(control.Key)).MaxBy(control => _seen[control.Key].Turn);

    /// <summary>
    /// What disappeared before its turn, such as the other button of a dialog, is revealed again in the same way; its dialog's fields
    /// are filled, and its tabs chosen, again.
    /// </summary>
    private bool TryAgain(string place)
    {
        bool IsLeft(string key, Sighting one) => one.Place == place && one.Tries < MostTries && IsOpen(key);
        var left = _seen.Where(one => IsLeft(one.Key, one.Value)).Select(one => one.Value).ToList();
        foreach (var sighting in left)
        {
            sighting.Tries++;
            for (var at = sighting.Revealer; at is not null; at = _seen[at].Revealer) _operated.Remove(at);
            _operated.ExceptWith(_seen.Where(one => one.Value.IsRepeated && one.Value.IsBeside(sighting)).Select(one => one.Key));
        }

        return left.Count > 0;
    }

    private async Task<ControlLayer> ListAsync(string place, string? revealer)
    {
        var list = await PageScripts.RunAsync<string>(page, PageScripts.Controls, new { page = place, language });
        var layer = JsonSerializer.Deserialize<ControlLayer>(list, JsonSerializerOptions.Web)!;
        _turn++;
        foreach (var control in layer.Controls) _seen.TryAdd(control.Key, new(_turn, place, layer.Name, revealer, control.IsField || control.Role == "tab"));
        _faults.AddRange(layer.MouseOnly.Select(one => $"{one}: no keys reach it").Except(_faults));
        return layer;
    }

    private async Task OperateAsync(string place, Control control)
    {
        _operated.Add(control.Key);
        await page.EvaluateAsync("window.sameDocument = true");
        try
        {
            if (await _hand.FaultAsync(control) is { } fault) _faults.Add($"{control.Key}: {fault}");
        }
        catch (Exception error) when (error is PlaywrightException or TimeoutException)
        {
            // What the page itself took away meanwhile, such as a button to stop an answer, is no fault.
            if ((await ListAsync(place, null)).Controls.Any(one => one.Key == control.Key)) _faults.Add($"{control.Key}: {error.Message.ReplaceLineEndings(" ")}");
        }

        var failed = page.Locator("#blazor-error-ui:visible, [data-testid=error-panel]:has-text('R1L-PAGE')");
        if (await failed.CountAsync() > 0) _faults.Add($"{control.Key}: the page failed");
    }

    private async Task<bool> IsElsewhereAsync(string place) =>
        PlaceOf(new Uri(page.Url)) != place || !await PageScripts.RunAsync<bool>(page, "window.sameDocument === true");

    private async Task OpenAsync(LabPath path)
    {
        await page.EvaluateAsync("sessionStorage.clear()"); // nothing that was entered is brought back
        _faults.AddRange(await path.FaultsAsync(page, () => Task.FromResult<IReadOnlyCollection<string>>([])));
    }

    private static string PlaceOf(Uri address) => Digits().Replace(address.AbsolutePath, "#");

    [GeneratedRegex(@"\d+", RegexOptions.None, 1000)]
    private static partial Regex Digits();

    /// <summary>Where and after which control a control was seen first.</summary>
    /// <param name="IsRepeated">It is operated again for what is beside it: a field whose value the dialog sends, a tab that hides others.</param>
    private sealed record Sighting(int Turn, string Place, string Layer, string? Revealer, bool IsRepeated)
    {
        public int Tries { get; set; }

        public bool IsBeside(Sighting other) => Layer == other.Layer && Revealer == other.Revealer;
    }
}
