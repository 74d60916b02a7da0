using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Modeling;
using R1Lab.Engine.Training;
using R1Lab.Web.Components.Pages.Runs;
using R1Lab.Web.Tests.Running;
using R1Lab.Web.Training;

namespace R1Lab.Web.Tests.Pages;

/// <summary>The bar on devices of any size: the plan is arithmetic, so no device is needed.</summary>
public sealed class MemoryBarTests : RunPageTest
{
    private static readonly TrainingRecipe Recipe = new() { PerDeviceTrainBatchSize = 8, MaxLength = 512 };

    private TrainingRecipe? _chosen;

    [Fact]
    public void Bar_LargeDevice_FitsAndOffersNothing()
    {
        var bar = Bar(1L << 40, 1L << 40);

        Assert.Equal("true", bar.Find("[data-memory-fits]").GetAttribute("data-memory-fits"));
        Assert.Equal(MemoryBarParts.Keys, bar.FindAll("[data-part]").Select(part => part.GetAttribute("data-part")));
        Assert.Empty(bar.FindAll("[data-suggestion]"));
    }

    [Fact]
    public void Bar_SmallDevice_SaysWhatIsMissingAndOneClickHelps()
    {
        var bar = Bar(Need() - 1, 1L << 40);

        Assert.Equal("false", bar.Find("[data-memory-fits]").GetAttribute("data-memory-fits"));
        Assert.NotEmpty(bar.FindAll(".memory-limit"));
        bar.FindAll("button[data-suggestion]")[0].Click();

        Assert.True(Memory(Need() - 1, 1L << 40).PlanFor(_chosen!).Fits);
    }

    [Fact]
    public void Bar_FullDisk_SaysSo() => Assert.Contains("0 B", Bar(1L << 40, 0).Find("span.is-over").TextContent, StringComparison.Ordinal);

    [Fact]
    public void Bar_HalfTypedRecipe_HasNoPlan() => Assert.Empty(Bar(1L << 40, 1L << 40, Recipe with { PerDeviceTrainBatchSize = 0 }).FindAll("[data-memory-fits]"));

    [Fact]
    public void Within_LimitLetsLongerRowsIn_CountsThemAtOnce()
    {
        var memory = Memory(1L << 40, 1L << 40);

        Assert.Equal([300, 200, 900], new[] { memory.Within(512, 300), memory.Within(200, 300), memory.Within(1024, 900) }.Select(now => now.Facts.LongestRow));
    }

    [Fact]
    public void Within_LimitTheDataWasLookedAtUnder_LeavesOutWhatItLeavesOut()
    {
        var memory = Memory(1L << 40, 1L << 40) with { MaxLength = 2048 };

        Assert.Equal([512, 300, 2093], new[] { memory.Within(2048, 2093), memory.Within(300, 2093), memory.Within(4096, 2093) }.Select(now => now.Facts.LongestRow));
    }

    private static long Need() => Memory(1L << 40, 0).PlanFor(Recipe).TotalBytes;

    private static RunMemory Memory(long device, long disk)
    {
        var model = DecoderConfig.Parse(ModelFolder.Open(TinyRuns.ThinkingModel).ConfigJson, "config.json");
        return new RunMemory(model, new MemoryFacts { LongestRow = 512 }, new DeviceCapacity("cuda:0", true, device, device)) { FreeDiskBytes = disk };
    }

    private IRenderedComponent<MemoryBar> Bar(long device, long disk, TrainingRecipe? recipe = null) => Render<MemoryBar>(bar => bar
        .Add(one => one.Recipe, recipe ?? Recipe).Add(one => one.Memory, Memory(device, disk)).Add(one => one.LongestRow, 512).Add(one => one.TotalSteps, 100)
        .Add(one => one.RecipeChanged, (TrainingRecipe chosen) => _chosen = chosen));
}
