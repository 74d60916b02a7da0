using System.Diagnostics;
using System.Globalization;
using Microsoft.Playwright;
using R1Lab.Engine;
using R1Lab.Tests.Shared.Desk;

namespace R1Lab.Bench.Desk;

/// <summary>
/// The rating desk driven by real browsers: sessions with outages while the server is killed, then fast typing over slow networks. What was
/// typed is compared with the database, field by field.
/// </summary>
internal static class DeskBench
{
    public const string Usage =
        "[--sessions 200] [--items 3] [--longest 60] [--kills 100] [--kill-every 10] [--parallel 10] [--per-cell 100] [--cells on|off]";

    private static readonly int[] RoundTrips = [0, 50, 150, 300];
    private static readonly int[] KeyGaps = [0, 60, 100];

    /// <returns>0 when every field is stored as typed, else 1.</returns>
    /// <exception cref="BadInputException">No Chromium is installed.</exception>
    public static async Task<int> RunAsync(CommandOptions options)
    {
        var path = SystemChromium.Find() ?? throw new BadInputException("desk", "browser", "no Chromium was found: install one, or name it in R1LAB_CHROMIUM");
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await SystemChromium.LaunchAsync(playwright, path);
        var differences = await SessionsAsync(browser, options);
        if (options.Flag("--cells", otherwise: true)) differences += await CellsAsync(browser, options);
        return differences == 0 ? 0 : 1;
    }

    private static async Task<int> SessionsAsync(IBrowser browser, CommandOptions options)
    {
        var (sessions, items, parallel) = (options.Number("--sessions", 200), options.Number("--items", 3), Math.Min(options.Number("--parallel", 10), 20));
        if (sessions == 0) return 0;
        var longest = TimeSpan.FromSeconds(options.Number("--longest", 60));
        var raters = Enumerable.Range(0, parallel).Select(number => $"rater-{number}").ToList();
        await using var lab = await DeskLab.StartAsync(browser, raters, ((sessions / parallel) + 1) * items, CancellationToken.None);
        await lab.AdmitAsync(raters);
        var watch = Stopwatch.StartNew();
        using var ended = new CancellationTokenSource();
        var killing = KillAsync(lab, options.Number("--kills", 100), options.Number("--kill-every", 10), ended.Token);
        var tallies = await Task.WhenAll(raters.Select((rater, index) =>
            DeskRuns.OutagesAsync(lab, rater, (sessions / parallel) + (index < sessions % parallel ? 1 : 0), items, longest, seed: index)));
        await ended.CancelAsync();
        var kills = await killing;
        var tally = tallies.Aggregate((all, one) => all.With(one));
        Write(string.Create(
            CultureInfo.InvariantCulture,
            $"sessions {tally.Sessions}, outages of 1 to {longest.TotalSeconds:F0} s, kills {kills}, items {tally.Items}, fields {tally.Fields}, differences {tally.Differences.Count}, {watch.Elapsed.TotalMinutes:F1} min"));
        return Report(tally);
    }

    private static async Task<int> CellsAsync(IBrowser browser, CommandOptions options)
    {
        var perCell = options.Number("--per-cell", 100);
        var cells = RoundTrips.SelectMany(trip => KeyGaps.Select(gap => (Trip: trip, Gap: gap))).ToList();
        await using var lab = await DeskLab.StartAsync(browser, [.. cells.Select(Name)], perCell, CancellationToken.None);
        var differences = 0;
        // A few at a time: the browser's own work must not become the delay that is measured.
        foreach (var some in cells.Chunk(Math.Min(options.Number("--parallel", 4), 4)))
        {
            var tallies = await Task.WhenAll(some.Select(cell =>
                DeskRuns.TypeAsync(lab, Name(cell), TimeSpan.FromMilliseconds(cell.Trip), cell.Gap, perCell, seed: cell.Trip + cell.Gap)));
            foreach (var (cell, tally) in some.Zip(tallies))
            {
                Write(string.Create(
                    CultureInfo.InvariantCulture,
                    $"round trip {cell.Trip,3} ms, key gap {cell.Gap,3} ms: items {tally.Items}, fields {tally.Fields}, misplaced or dropped {tally.Differences.Count}"));
                differences += Report(tally);
            }
        }

        return differences;
    }

    /// <summary>Kills the server without warning and starts it again, until it was done often enough or the sessions are over.</summary>
    /// <param name="every">Seconds between a start and the next kill, on average; a page must be able to load in between.</param>
    private static async Task<int> KillAsync(DeskLab lab, int most, int every, CancellationToken ended)
    {
        var random = new Random(1);
        var kills = 0;
        while (kills < most && !ended.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(TimeSpan.FromSeconds(every * (0.5 + random.NextDouble())), ended);
            }
            catch (OperationCanceledException)
            {
                break;
            }

            await lab.Server.CrashAndRestartAsync(CancellationToken.None);
            kills++;
        }

        return kills;
    }

    private static string Name((int Trip, int Gap) cell) => $"typist-{cell.Trip}-{cell.Gap}";

    private static int Report(DeskTally tally)
    {
        foreach (var difference in tally.Differences.Take(20)) Write($"  {difference}");
        return tally.Differences.Count;
    }

    private static void Write(string line) => Console.WriteLine(line);
}
