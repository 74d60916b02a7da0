using System.Text.Json;
using System.Text.Json.Nodes;

namespace R1Lab.Bench.Load;

/// <summary>Private memory in MiB while nothing is asked of the program, before and after a load of so many minutes.</summary>
internal sealed record RestingMemory(double Before, double After, int Minutes)
{
    public double PerHour => (After - Before) * 60 / Minutes;
}

/// <summary>The verdict over a load: the program lives, every answer was expected, and nothing grows after the warm-up.</summary>
internal sealed class LoadReport
{
    private const double MostMebibytesPerHour = 5;
    private const int MostDrift = 5;

    private readonly RequestTally _tally;
    private readonly bool _alive;
    private readonly RestingMemory _resting;
    private readonly Trend _mebibytes;
    private readonly Trend _handles;
    private readonly Trend _threads;
    private readonly Trend _temporaryFiles;

    /// <param name="samples">Those after the warm-up.</param>
    public LoadReport(RequestTally tally, IReadOnlyList<ProcessSample> samples, RestingMemory resting, bool alive)
    {
        (_tally, _resting, _alive) = (tally, resting, alive);
        _mebibytes = TrendOf(samples, sample => sample.PrivateMebibytes);
        _handles = TrendOf(samples, sample => sample.Handles);
        _threads = TrendOf(samples, sample => sample.Threads);
        _temporaryFiles = TrendOf(samples, sample => sample.TemporaryFiles);
    }

    public required int WarmUpMinutes { get; init; }

    public bool Passed => _alive && _tally.Failed == 0 && IsSteady;

    // The slope counts as growth only beyond twice its standard error: what happens to be computed at the moment moves single samples by more than the limit.
    private bool IsSteady =>
        (_mebibytes.Error is not { } error || _mebibytes.PerHour - (2 * error) <= MostMebibytesPerHour)
        && _resting.PerHour <= MostMebibytesPerHour
        && new[] { _handles, _threads, _temporaryFiles }.All(trend => Math.Abs(trend.Last - trend.First) <= MostDrift);

    public void Print()
    {
        foreach (var (kind, times) in _tally.Times()) Console.WriteLine($"{kind,-20} {times}");
        var range = $"{_mebibytes.Lowest:F0} to {_mebibytes.Highest:F0} MiB";
        Console.WriteLine($"private memory {_mebibytes.PerHour:+0.00;-0.00} MiB per hour with a standard error of {_mebibytes.Error:F1}, {range}");
        Console.WriteLine($"private memory at rest {_resting.Before:F1} -> {_resting.After:F1} MiB");
        Console.WriteLine($"handles {_handles}, threads {_threads}, temporary files {_temporaryFiles}");
        foreach (var failure in _tally.Failures) Console.WriteLine($"failed: {failure}");
        var (life, trend) = (_alive ? "alive" : "the program ended", IsSteady ? "steady" : "not steady");
        Console.WriteLine($"{life}, {_tally.Failed} unexpected answers, {trend}");
    }

    /// <param name="samples">All of them, with the warm-up; one in six is written.</param>
    public string Json(IReadOnlyList<ProcessSample> samples) => new JsonObject
    {
        ["machine"] = MachineDescription.Now(),
        ["warm_up_minutes"] = WarmUpMinutes,
        ["minutes"] = _resting.Minutes,
        ["alive"] = _alive,
        ["unexpected_answers"] = _tally.Failed,
        ["failures"] = Node(_tally.Failures),
        ["private_mebibytes"] = Node(_mebibytes),
        ["resting_mebibytes"] = Node(_resting),
        ["handles"] = Node(_handles),
        ["threads"] = Node(_threads),
        ["temporary_files"] = Node(_temporaryFiles),
        ["requests"] = Node(_tally.Times()),
        ["samples"] = Node(samples.Where((_, index) => index % 6 == 0)),
    }.ToJsonString(MeasuredRun.Json);

    private static Trend TrendOf(IReadOnlyList<ProcessSample> samples, Func<ProcessSample, double> value) =>
        Trend.Of([.. samples.Select(sample => (sample.Seconds, value(sample)))]);

    private static JsonNode? Node<T>(T value) => JsonSerializer.SerializeToNode(value, MeasuredRun.Json);
}
