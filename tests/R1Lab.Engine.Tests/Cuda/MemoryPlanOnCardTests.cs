using R1Lab.Bench;
using R1Lab.Bench.Memory;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Modeling;
using R1Lab.Engine.Native;
using R1Lab.Engine.Training;
using R1Lab.Samples;
using R1Lab.Tests.Shared;

namespace R1Lab.Engine.Tests.Cuda;

/// <summary>What runs of the demo model take on a card beside their plans.</summary>
public sealed class MemoryPlanOnCardTests
{
    [CardTheory]
    [InlineData(1)] // LoRA
    [InlineData(2)] // LoRA, checkpointing
    [InlineData(3)] // LoRA, packed
    [InlineData(5)] // full
    [InlineData(7)] // QLoRA
    public void Plan_ARunOfTheDemoModel_IsCloseToItsPeak(int place)
    {
        Card.MustBeReal();
        var one = MemoryCase.All[place].WithSteps(2);
        var recipe = one.Recipe with { LoggingSteps = 1000 }; // every logged step begins the peak anew
        var config = DecoderConfig.Parse(ModelFolder.Open(SampleFolders.Model).ConfigJson, SampleFolders.Model);
        var rows = MeasuredRun.RandomRows(one.Rows, one.RowLength, config.VocabSize);
        PeakOf(recipe, rows); // libraries take their workspaces

        var peak = PeakOf(recipe, rows);

        // Tensors alone: the driver's context and the allocator's unused room are not among them.
        var plan = MemoryPlan.Of(recipe, config, one.Facts with { RuntimeBytes = 0 }, DeviceCapacity.Read(Card.Device));
        var planned = plan.TotalBytes - plan.BytesOf(MemoryPart.Overhead);
        TestContext.Current.TestOutputHelper?.WriteLine($"{one.Name}: planned {planned / 1e6:F1} MB, measured {peak / 1e6:F1} MB, {planned / (double)peak:F3}; {string.Join(", ", plan.Shares.Select(share => $"{share.Part} {share.Bytes / 1e6:F1}"))}");
        Assert.InRange(planned / (double)peak, 0.65, 1.35);
    }

    // Beyond what was there before.
    private static long PeakOf(TrainingRecipe recipe, IReadOnlyList<TokenExample> rows)
    {
        using var folder = new TemporaryFolder();
        var job = new TrainingJob(recipe, SampleFolders.Model, folder.Root, rows, [], Card.Device);
        CudaAllocator.ReleaseUnused();
        var (before, peak) = (CudaMemory.Read(0)?.AllocatedBytes ?? 0, 0L);
        new Trainer(job, new TrainingObserver { BetweenSteps = () => { if (peak == 0) peak = CudaMemory.Read(0)!.PeakAllocatedBytes; } }).Run(CancellationToken.None);
        Assert.True(peak > before, $"{peak} {before}");
        return peak - before;
    }
}
