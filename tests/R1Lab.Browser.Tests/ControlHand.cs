using System.Globalization;
using Microsoft.Playwright;
using R1Lab.Tests.Shared;

namespace R1Lab.Browser.Tests;

/// <summary>Operates a control as a person would, and reads back what came of it.</summary>
internal sealed class ControlHand(IPage page, TimeSpan limit)
{
    private readonly RoundTrips _trips = new(page);

    /// <summary>What a person enters where not every text will do.</summary>
    private static readonly Dictionary<string, string> Samples = new()
    {
        ["import-settings-text"] = "learning_rate: 0.0003",
    };

    private static readonly string DatasetFile = Path.Combine(ReferenceFiles.Repository, "samples", "datasets", "two-step-problems.jsonl");

    private static readonly string SettingsFile = Path.Combine(ReferenceFiles.Repository, "samples", "recipes", "demo-pre-training-1.json");

    /// <summary>A form's fields, and the reason for skipping a question: a button sends them.</summary>
    private const string SentLater = "one => Boolean((one.control ?? one).form?.getAttribute('method') ?? one.closest('[data-desk-why]'))";

    private readonly float _limit = (float)limit.TotalMilliseconds;

    /// <summary>What is wrong with the control; null when it had an effect.</summary>
    public async Task<string?> FaultAsync(Control control) => control.Role switch
    {
        "link" when control.IsDownload => await DownloadAsync(control),
        _ when control.Address is not null => await FollowAsync(control),
        "textbox" or "spinbutton" or "searchbox" => await TypeAsync(control),
        "slider" => await ValueAsync(control, on => on.FillAsync(control.Sample!, new() { Timeout = _limit })),
        "listbox" => await SelectAsync(control),
        "combobox" => await ChooseAsync(control),
        "checkbox" or "switch" or "radio" => await TickAsync(control),
        "file" => await HeardAsync(control, _ => page.Locator("input[type=file]").Last.SetInputFilesAsync(SampleFile(control))),
        _ when control.Copies is not null => await CopyAsync(control),
        _ => await EffectAsync(() => ClickAsync(control)),
    };

    private static string SampleFile(Control control) => control.Key.EndsWith("import-file", StringComparison.Ordinal) ? DatasetFile : SettingsFile;

    private Task ClickAsync(Control control) => control.On(page).ClickAsync(new() { Timeout = _limit });

    private Task<string> PerceivedAsync() => PageScripts.RunAsync<string>(page, PageScripts.Perceived);

    /// <summary>Does it, and waits until the reader perceives something else, or gets a file or a choice of files.</summary>
    private async Task<string?> EffectAsync(Func<Task> act)
    {
        var given = false;
        void Give(object? sender, object what) => given = true;
        page.Download += Give;
        page.FileChooser += Give;
        try
        {
            var before = await PerceivedAsync();
            _trips.Begin();
            await act();
            for (var begin = TimeProvider.System.GetTimestamp(); !IsOver(begin); await Task.Delay(50))
            {
                if (!given && await PerceivedAsync() == before) continue;
                await _trips.AnsweredAsync(TimeSpan.FromSeconds(1));
                return null;
            }

            return "nothing happened";
        }
        finally
        {
            page.Download -= Give;
            page.FileChooser -= Give;
        }
    }

    /// <summary>Changes a value: the lab, or a script of the page, has to hear of it.</summary>
    private async Task<string?> HeardAsync(Control control, Func<ILocator, Task> change)
    {
        var on = control.On(page);
        var isSentLater = await on.EvaluateAsync<bool>(SentLater);
        if (await EffectAsync(() => change(on)) is { } fault) return fault;
        for (var begin = TimeProvider.System.GetTimestamp(); !isSentLater && !_trips.Heard; await Task.Delay(50))
        {
            if (IsOver(begin)) return "neither the lab nor a script hears of its value";
        }

        await _trips.AnsweredAsync(limit);
        return null;
    }

    private async Task<string?> ValueAsync(Control control, Func<ILocator, Task> change)
    {
        if (await HeardAsync(control, change) is { } fault) return fault;
        var on = control.On(page);
        var kept = await on.CountAsync() == 0 ? control.Sample! : await on.InputValueAsync();
        return IsSame(kept, control.Sample!) ? null : $"lost what was entered: \"{control.Sample}\" became \"{kept}\"";
    }

    private Task<string?> TypeAsync(Control control)
    {
        var named = Samples.FirstOrDefault(sample => control.Key.EndsWith($" {sample.Key}", StringComparison.Ordinal));
        var wanted = control with { Sample = named.Value ?? control.Sample };
        return ValueAsync(wanted, async on =>
        {
            await on.FillAsync(wanted.Sample!, new() { Timeout = _limit });
            await on.BlurAsync();
        });
    }

    /// <summary>A list that starts something shows its first line again; any other keeps the choice. None is ever blank.</summary>
    private async Task<string?> SelectAsync(Control control)
    {
        const string blank = "one => one.selectedIndex < 0 || one.selectedOptions[0].text.trim() === ''";
        var on = control.On(page);
        if (await on.EvaluateAsync<bool>(blank)) return "shows no choice";
        if (control.Sample is null) return null;
        var fault = await HeardAsync(control, _ => on.SelectOptionAsync(control.Sample, new() { Timeout = _limit }));
        if (fault is not null || await on.CountAsync() == 0) return fault;
        return await on.EvaluateAsync<bool>(blank) ? $"shows no choice after \"{control.Sample}\" was chosen" : null;
    }

    private async Task<string?> ChooseAsync(Control control)
    {
        const string open = ".mud-popover-open [role=option], .mud-popover-open .mud-list-item";
        await ClickAsync(control);
        var choices = page.Locator(open);
        await choices.First.WaitForAsync(new() { Timeout = _limit });
        var other = page.Locator($":is({open}):not([aria-selected=true]):not(.mud-selected-item)").First;
        if (await other.CountAsync() == 0)
        {
            var isOnly = await choices.CountAsync() == 1;
            await page.Keyboard.PressAsync("Escape");
            return isOnly ? null : "every choice is chosen";
        }

        return await EffectAsync(async () =>
        {
            await other.ClickAsync(new() { Timeout = _limit });
            if (!await IsClosedAsync(choices)) await page.Keyboard.PressAsync("Escape"); // a list of several stays open
        });
    }

    /// <summary>Whether the list closes by itself; Escape while it does would close the dialog behind it.</summary>
    private static async Task<bool> IsClosedAsync(ILocator choices)
    {
        for (var begin = TimeProvider.System.GetTimestamp(); TimeProvider.System.GetElapsedTime(begin) < TimeSpan.FromSeconds(1); await Task.Delay(50))
        {
            if (await choices.CountAsync() == 0) return true;
        }

        return false;
    }

    private async Task<string?> TickAsync(Control control)
    {
        const string ticked = "one => String((one.control ?? one).checked ?? one.getAttribute('aria-checked') === 'true')";
        var on = control.On(page);
        var before = await on.EvaluateAsync<string>(ticked);
        var address = page.Url;
        if (await HeardAsync(control, _ => ClickAsync(control)) is { } fault) return fault;
        if (page.Url != address || await on.CountAsync() == 0) return null;
        return await on.EvaluateAsync<string>(ticked) == before ? "jumps back" : null;
    }

    private async Task<string?> CopyAsync(Control control)
    {
        if (await EffectAsync(() => ClickAsync(control)) is { } fault) return fault;
        var source = await page.Locator($"#{control.Copies}").TextContentAsync();
        var copied = await page.EvaluateAsync<string>("navigator.clipboard.readText()");
        return copied == source ? null : $"copied \"{copied}\"";
    }

    private async Task<string?> DownloadAsync(Control control)
    {
        var download = await page.RunAndWaitForDownloadAsync(() => ClickAsync(control), new() { Timeout = _limit });
        return new FileInfo(await download.PathAsync()).Length > 0 ? null : "an empty file";
    }

    /// <summary>The link can be clicked, and there is a page at its end.</summary>
    private async Task<string?> FollowAsync(Control control)
    {
        var on = control.On(page);
        await on.FocusAsync(new() { Timeout = _limit });
        await on.ClickAsync(new() { Trial = true, Timeout = _limit });
        if (control.Address is ['#', .. var id])
        {
            await page.Keyboard.PressAsync("Enter");
            const string isThere = "id => document.activeElement?.id === id || location.hash === `#${id}`";
            return await page.EvaluateAsync<bool>(isThere, id) ? null : "leads nowhere";
        }

        var answer = await page.APIRequest.GetAsync(control.Address!);
        return answer.Ok && (await answer.BodyAsync()).Length > 0 ? null : $"answers {answer.Status}";
    }

    private bool IsOver(long begin) => TimeProvider.System.GetElapsedTime(begin) > limit;

    private static bool IsSame(string kept, string entered) =>
        kept.ReplaceLineEndings() == entered.ReplaceLineEndings() || (Number(kept) is { } one && Number(entered) is { } other && Math.Abs(one - other) <= 1e-9 * Math.Abs(other));

    private static double? Number(string text) => double.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : null;
}
