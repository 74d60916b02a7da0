using R1Lab.Engine.Devices;
using R1Lab.Engine.Native;
using R1Lab.Engine.Tests.Devices;

namespace R1Lab.Engine.Tests;

/// <summary>Watches the memory of the whole process, so nothing else may run beside it.</summary>
[Collection(nameof(ProcessMemoryTests))]
public sealed class MappedBlocksTests
{
    [Fact]
    public void MappedBlocks_ThousandBlocksFreedBetweenOthers_AreGivenBack()
    {
        if (!OperatingSystem.IsLinux()) return;

        using var mapped = new MappedBlocks(64 << 10);
        var before = ProcessMemory.Now().Resident;
        var blocks = Enumerable.Range(0, 1000).Select(_ => TorchSharp.torch.ones(32 << 10)).ToList();
        var full = ProcessMemory.Now().Resident;
        for (var i = 0; i < blocks.Count - 1; i++) blocks[i].Dispose();
        var left = ProcessMemory.Now().Resident;
        blocks[^1].Dispose();

        Assert.True(full - before > 100_000_000, $"{before:N0} {full:N0}");
        Assert.True(left - before < (full - before) / 4, $"{before:N0} {full:N0} {left:N0}");
    }
}
