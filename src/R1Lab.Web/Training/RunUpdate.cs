using R1Lab.Data.Runs;
using R1Lab.Engine.Training;

namespace R1Lab.Web.Training;

/// <summary>What happened to one run since the last update a page got.</summary>
/// <param name="Missed">Some points were left out because the page was slow: read the run again from the store.</param>
public sealed record RunUpdate(int RunId, RunProgress Progress, IReadOnlyList<StepMetrics> Metrics, IReadOnlyList<RunEvent> Events, bool Missed)
{
    public IReadOnlyList<RunProbe> Probes { get; init; } = [];

    /// <summary>The store has new losses of rows.</summary>
    public bool RowsChanged { get; init; }
}
