namespace R1Lab.Engine.Training;

/// <summary>
/// How the rows of a step go through the device: as the recipe says, or in smaller parts once the device ran out of memory. The rows of a step and
/// what their loss is divided by stay the same, so the step stays the same to rounding (with dropout: another draw of the same strength).
/// </summary>
/// <param name="MicroBatchSize">Lines that pass together.</param>
/// <param name="Checkpointing">Blocks are computed again for their gradients.</param>
/// <param name="Layers">How many of the first blocks; null: all.</param>
public sealed record MicroBatchPlan(int MicroBatchSize, bool Checkpointing, int? Layers = null)
{
    /// <summary>The next plan that needs less memory: half the lines (rounded up), then checkpointing of every block; null when there is none.</summary>
    public MicroBatchPlan? Smaller() => this switch
    {
        { MicroBatchSize: > 1 } => this with { MicroBatchSize = (MicroBatchSize + 1) / 2 },
        { Checkpointing: false } or { Layers: not null } => this with { Checkpointing = true, Layers = null },
        _ => null,
    };
}
