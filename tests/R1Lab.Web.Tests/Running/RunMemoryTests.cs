using R1Lab.Engine.Datasets;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Modeling;
using R1Lab.Engine.Training;
using R1Lab.Web.Training;

namespace R1Lab.Web.Tests.Running;

/// <summary>The memory plan of a run begins with what the program really holds.</summary>
public sealed class RunMemoryTests
{
    private const long Models = 40_000_000;

    private static readonly RunFacts Facts = new()
    {
        Rows = 45,
        TrainRows = 40,
        EvaluationRows = 0,
        OverLongRows = 0,
        SplitRowIds = [],
        Omitted = [],
        DatasetId = 1,
        TextRows = 40,
        Lengths = LengthHistogram.Of([200]),
        OtherRowsLeftOut = 0,
        ThinkingRows = 0,
        Tokens = 8000,
        TrainedTokens = 10,
        LongestRow = 300,
        MaxLength = 512,
        TotalSteps = 10,
        Epochs = 1,
        LinesPerEpoch = 40,
        LinesPerStep = 4,
    };

    private static readonly DecoderConfig Model = new()
    {
        Family = DecoderFamily.Llama,
        VocabSize = 500,
        HiddenSize = 64,
        IntermediateSize = 128,
        LayerCount = 2,
        HeadCount = 4,
        KeyValueHeadCount = 2,
        HeadDim = 16,
        MaxPositions = 512,
    };

    [Fact]
    public void PlanFor_OnTheCpu_CountsEverythingTheProcessHasInMemory()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux says how much a process holds.");
        var ballast = GC.AllocateArray<byte>(600_000_000, pinned: true);
        Array.Fill(ballast, (byte)1);

        var plan = RunMemory.Of(Facts, Model, DeviceCapacity.Read(ComputeDevice.Cpu), Models).PlanFor(new TrainingRecipe());
        var resident = Resident();

        // Libraries and all; models that stay loaded stand apart.
        Assert.InRange((plan.BytesOf(MemoryPart.Runtime) + Models) / (double)resident, 0.9, 1.1);
        Assert.Equal(Models, plan.BytesOf(MemoryPart.ChatModel));
        Assert.True(plan.TotalBytes > resident);
        GC.KeepAlive(ballast);
    }

    [Fact]
    public void Within_ALimit_LeavesTheProcessWhatItHas()
    {
        var capacity = new DeviceCapacity("cpu", false, 24_000, 20_000, 3_000);

        Assert.Equal((10_000, 7_000, 10_000), (capacity.Within(10_000).TotalBytes, capacity.Within(10_000).FreeBytes, capacity.Within(10_000).UsableBytes));
        Assert.Equal((2_000, 0, 2_000), (capacity.Within(2_000).TotalBytes, capacity.Within(2_000).FreeBytes, capacity.Within(2_000).UsableBytes));
        Assert.Equal(capacity, capacity.Within(90_000));
    }

    // The kernel's own word, read here without the product's reader.
    private static long Resident()
    {
        var pages = File.ReadAllText("/proc/self/statm").Split(' ')[1];
        return long.Parse(pages, System.Globalization.CultureInfo.InvariantCulture) * Environment.SystemPageSize;
    }
}
