using R1Lab.Bench.Memory;
using R1Lab.Bench.Training;

namespace R1Lab.Engine.Tests.Devices;

/// <summary>Real runs of the demo model in fresh processes beside their plans.</summary>
public sealed class MeasuredMemoryTests
{
    [Theory]
    [InlineData(2)] // LoRA, checkpointing
    [InlineData(5)] // full
    public void Plan_ARunWhoseHeapKeepsNothing_CountsTheTensorsThatAreAlive(int place)
    {
        using var model = BenchModel.Open("demo");

        var row = MemoryRow.Of(place, model.Folder, steps: 2, exact: true);

        // What the run adds to the idle program: several hundred megabytes of tensors, and little else.
        var (planned, measured) = (row.PlannedTensors - row.Measured.Baseline, row.Measured.Peak - row.Measured.Baseline);
        Assert.True(measured > 300_000_000, $"{measured:N0}");
        Assert.InRange(planned / (double)measured, 0.85, 1.05);
    }
}
