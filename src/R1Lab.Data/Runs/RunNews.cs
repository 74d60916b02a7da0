namespace R1Lab.Data.Runs;

/// <summary>What a run has to say since it was last written down.</summary>
public sealed record RunNews
{
    public IReadOnlyList<RunStep> Steps { get; init; } = [];

    public IReadOnlyList<RunEvent> Events { get; init; } = [];

    public IReadOnlyList<RunProbe> Probes { get; init; } = [];

    public IReadOnlyList<RunRowLoss> RowLosses { get; init; } = [];

    /// <summary>Which evaluation the run calls its best.</summary>
    public BestBy BestBy { get; init; }
}
