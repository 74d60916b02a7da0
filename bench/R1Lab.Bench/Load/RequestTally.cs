using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;

namespace R1Lab.Bench.Load;

/// <summary>Counts requests by kind with their times, and keeps what went wrong.</summary>
internal sealed class RequestTally
{
    private const int KeptFailures = 50;

    private readonly ConcurrentDictionary<string, ConcurrentBag<double>> _milliseconds = new();
    private readonly ConcurrentQueue<string> _failures = new();
    private int _failed;

    public int Failed => _failed;

    public IReadOnlyCollection<string> Failures => _failures;

    /// <summary>Sends a request and returns the body; a status that is not expected counts as a failure and gives null.</summary>
    public async Task<string?> SendAsync(
        string kind, HttpClient client, HttpRequestMessage request, CancellationToken cancellationToken, params HttpStatusCode[] expected)
    {
        var clock = Stopwatch.StartNew();
        using var answer = await client.SendAsync(request, cancellationToken);
        var body = await answer.Content.ReadAsStringAsync(cancellationToken);
        Add(kind, clock.Elapsed);
        var wanted = expected.Length == 0 ? answer.IsSuccessStatusCode : expected.Contains(answer.StatusCode);
        if (wanted) return body;
        Fail($"{kind}: {(int)answer.StatusCode} {body[..Math.Min(body.Length, 300)]}");
        return null;
    }

    public void Add(string kind, TimeSpan time) => _milliseconds.GetOrAdd(kind, _ => []).Add(time.TotalMilliseconds);

    public void Fail(string what)
    {
        Interlocked.Increment(ref _failed);
        if (_failures.Count < KeptFailures) _failures.Enqueue(what);
    }

    public IReadOnlyDictionary<string, RequestTimes> Times() => _milliseconds
        .OrderBy(kind => kind.Key, StringComparer.Ordinal)
        .ToDictionary(kind => kind.Key, kind => RequestTimes.Of([.. kind.Value.Order()]));
}

/// <summary>Milliseconds from sending a request to its last byte.</summary>
internal sealed record RequestTimes(int Count, double Median, double P95, double P99, double Most)
{
    public static RequestTimes Of(double[] sorted) =>
        new(sorted.Length, At(sorted, 0.5), At(sorted, 0.95), At(sorted, 0.99), At(sorted, 1));

    public override string ToString() => $"{Count,7}  median {Median,8:F1} ms  p95 {P95,8:F1}  p99 {P99,8:F1}  most {Most,9:F1}";

    private static double At(double[] sorted, double share) =>
        Math.Round(sorted[(int)Math.Min(sorted.Length - 1, share * sorted.Length)], 1);
}
