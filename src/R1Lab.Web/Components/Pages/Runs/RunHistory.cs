using R1Lab.Data.Runs;
using R1Lab.Engine.Training;
using R1Lab.Web.Training;

namespace R1Lab.Web.Components.Pages.Runs;

/// <summary>Everything a run page shows of what a run said so far: read once from the store, then carried on by the feed.</summary>
public sealed class RunHistory
{
    private readonly List<StepMetrics> _metrics;
    private readonly List<RunEvent> _events;
    private readonly List<RunProbe> _probes;

    private RunHistory(List<StepMetrics> metrics, List<RunEvent> events, List<RunProbe> probes) => (_metrics, _events, _probes) = (metrics, events, probes);

    public static RunHistory Empty { get; } = new([], [], []);

    public IReadOnlyList<StepMetrics> Metrics => _metrics;

    public IReadOnlyList<RunEvent> Events => _events;

    public IReadOnlyList<RunProbe> Probes => _probes;

    public static async Task<RunHistory> ReadAsync(RunStore store, int runId) =>
        new([.. await store.StepsAsync(runId)], [.. await store.EventsAsync(runId)], [.. await store.ProbesAsync(runId)]);

    /// <summary>
    /// Adds what the feed tells. A run that went on from a snapshot takes some steps again: what was said of them gives way.
    /// </summary>
    /// <returns>Whether numbers were replaced, so that charts must be drawn anew.</returns>
    public bool Take(RunUpdate update)
    {
        _events.AddRange(update.Events);
        foreach (var probe in update.Probes) Take(probe);
        if (update.Metrics.Count == 0) return false;

        var first = update.Metrics[0].Step;
        var replaced = _metrics.RemoveAll(metric => metric.Step >= first) > 0;
        _metrics.AddRange(update.Metrics);
        return replaced;
    }

    private void Take(RunProbe probe)
    {
        _probes.RemoveAll(known => known.Step > probe.Step || (known.Step == probe.Step && known.PromptIndex == probe.PromptIndex));
        _probes.Add(probe);
    }
}
