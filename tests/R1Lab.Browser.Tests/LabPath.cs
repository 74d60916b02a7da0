using Microsoft.Playwright;

namespace R1Lab.Browser.Tests;

/// <summary>The address of a page and a text of its data.</summary>
internal sealed record LabPath(string Address, string Holds = "R1Lab")
{
    /// <summary>The page's data is there, nothing is loading, charts are drawn, and the number of elements has stopped changing.</summary>
    private const string Settled = """
        async holds => {
          const main = document.querySelector("main h1")?.closest("main");
          const shown = () => document.body.innerText + [...document.querySelectorAll("input, textarea")].map(one => one.value).join(" ");
          if (!main || document.querySelector(".lab-loading, .run-checking.is-on") || !shown().includes(holds)) return false;
          if ([...document.querySelectorAll(".metric-chart-canvas")].some(one => !one.querySelector(".main-svg"))) return false;
          const size = () => document.getElementsByTagName("*").length;
          const before = size();
          await new Promise(resolve => setTimeout(resolve, 250));
          return size() === before;
        }
        """;

    /// <summary>Opens it, waits until it is at rest, and says what is wrong with it; what is gone a moment later was drawn late.</summary>
    public async Task<IEnumerable<string>> FaultsAsync(IPage page, Func<Task<IReadOnlyCollection<string>>> look)
    {
        await page.GotoAsync(Address, new() { Timeout = LabPage.Patience });
        var faults = await UntilAsync(TimeSpan.FromMilliseconds(LabPage.Patience), () => UnrestAsync(page));
        if (faults.Count == 0) faults = await UntilAsync(TimeSpan.FromSeconds(1), look);
        return faults.Select(fault => $"/{Address}: {fault}");
    }

    private async Task<IReadOnlyCollection<string>> UnrestAsync(IPage page) =>
        await page.EvaluateAsync<bool>(Settled, Holds) ? [] : [$"never at rest with \"{Holds}\""];

    private static async Task<IReadOnlyCollection<string>> UntilAsync(TimeSpan limit, Func<Task<IReadOnlyCollection<string>>> look)
    {
        for (var begin = TimeProvider.System.GetTimestamp(); ; await Task.Delay(100))
        {
            var faults = await look();
            if (faults.Count == 0 || TimeProvider.System.GetElapsedTime(begin) > limit) return faults;
        }
    }
}
