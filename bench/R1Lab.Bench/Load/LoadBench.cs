using System.Diagnostics;

namespace R1Lab.Bench.Load;

/// <summary>
/// Runs the web program under a mixed load and judges it by what the kernel counts: private memory, handles, threads and temporary files,
/// one sample every ten seconds. After the warm-up they must stay where they are. The load rests after the warm-up and at the end, because
/// private memory depends on what happens to be computed at the moment: at rest only what is kept remains.
/// </summary>
internal static class LoadBench
{
    private static readonly TimeSpan SampleEvery = TimeSpan.FromSeconds(10);

    /// <summary>Runs end, and freed memory is given back twice.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(150);

    public static int Run(CommandOptions options) => RunAsync(options).GetAwaiter().GetResult();

    private static async Task<int> RunAsync(CommandOptions options)
    {
        var (minutes, warmUp) = (options.Number("--minutes", 5), options.Number("--warm-up", 1));
        await using var lab = await LabProcess.StartAsync(options.Text("--log"), CancellationToken.None);
        using var client = lab.Client();
        var tally = new RequestTally();
        var users = new LabUsers(client, tally, Path.Combine(LabProcess.Repository(), "samples"));
        await users.PrepareAsync(CancellationToken.None);
        var pace = options.Number("--pace", 1);
        var warm = await LoadAsync(lab, users, tally, TimeSpan.FromMinutes(warmUp), pace);
        var before = await RestAsync(lab);
        var samples = await LoadAsync(lab, users, tally, TimeSpan.FromMinutes(minutes), pace);
        var after = await RestAsync(lab);
        var report = new LoadReport(tally, samples, new(before, after, minutes), !lab.HasExited) { WarmUpMinutes = warmUp };
        report.Print();
        if (options.Text("--json") is { } file) await File.WriteAllTextAsync(file, report.Json([.. warm, .. samples]));
        return report.Passed ? 0 : 1;
    }

    /// <param name="pace">Pauses between rounds are this many times longer.</param>
    private static async Task<List<ProcessSample>> LoadAsync(LabProcess lab, LabUsers users, RequestTally tally, TimeSpan time, int pace)
    {
        using var end = new CancellationTokenSource(time);
        var activities = users.Activities.Select(one => RepeatAsync(one.Name, one.Pause * pace, one.Round, tally, end.Token)).ToList();
        var samples = new List<ProcessSample>();
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < time && !lab.HasExited; await Task.Delay(SampleEvery))
        {
            samples.Add(ProcessSample.Of(lab, clock.Elapsed.TotalSeconds));
            if (samples.Count % 6 == 1) Console.WriteLine($"{clock.Elapsed:hh\\:mm\\:ss}  {samples[^1]}  {tally.Failed} failed");
        }

        await end.CancelAsync();
        await Task.WhenAll(activities);
        return samples;
    }

    /// <summary>The least private memory in MiB while nothing is asked of the program.</summary>
    private static async Task<double> RestAsync(LabProcess lab)
    {
        var least = double.PositiveInfinity;
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < Rest && !lab.HasExited; await Task.Delay(SampleEvery))
            least = Math.Min(least, ProcessSample.Of(lab, clock.Elapsed.TotalSeconds).PrivateMebibytes);
        return least;
    }

    private static async Task RepeatAsync(
        string name, TimeSpan pause, Func<CancellationToken, Task> round, RequestTally tally, CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            try
            {
                await round(end);
                await Task.Delay(pause, end);
            }
            catch (OperationCanceledException) when (end.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
            {
                tally.Fail($"{name}: {e.Message}");
                await Task.Delay(pause, CancellationToken.None);
            }
        }
    }
}
