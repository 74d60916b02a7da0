using R1Lab.Engine.Devices;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Devices;

/// <summary>Watches the memory of the whole process, so nothing else may run beside it.</summary>
[Collection(nameof(ProcessMemoryTests))]
[CollectionDefinition(nameof(ProcessMemoryTests), DisableParallelization = true)]
public sealed class ProcessMemoryTests
{
    [Fact]
    public void Parse_StatusFile_ReadsKilobytesByName()
    {
        const string status = "Name:\tdotnet\nVmPeak:\t 9000 kB\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\nRssAnon:\t     512 kB\nRssFile:\t     256 kB\n";

        var memory = ProcessMemory.Parse(status);

        Assert.Equal(new ProcessMemory(1024 * 1024, 2048 * 1024, 256 * 1024), memory);
    }

    [Fact]
    public void Now_AfterALargeTensor_PeakRemembersIt()
    {
        const long bytes = 256L << 20;
        var before = ProcessMemory.Now();

        long during;
        using (var tensor = ones(bytes / 4)) during = ProcessMemory.Now().Resident;

        // The kernel sums its counters lazily: a few pages may be missing in either.
        Assert.True(ProcessMemory.Now().Peak >= during * 0.98);
        Assert.True(during >= bytes, $"{before} -> {during}");
    }
}
