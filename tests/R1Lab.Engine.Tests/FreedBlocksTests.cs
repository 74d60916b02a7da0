using R1Lab.Engine.Devices;
using R1Lab.Engine.Native;

namespace R1Lab.Engine.Tests;

/// <summary>Watches the memory of a process of its own: holes that other tests left in the heap would serve the blocks.</summary>
public sealed class FreedBlocksTests
{
    private const string Own = "R1LAB_TEST_FREED_BLOCKS";

    // One test for both ways: blocks that the second leaves in the heap would serve the first.
    [Fact]
    public async Task Blocks_FreedBelowOneThatLives_AreReturnedAtOnceWhenMappedAndElseWhenAskedFor()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only the C heap of Linux keeps freed blocks.");
        if (Environment.GetEnvironmentVariable(Own) is null)
        {
            await OwnProcess.RunAsync([typeof(FreedBlocksTests)], (Own, "1"));
            return;
        }

        using (new MappedBlocks(64 << 10)) Assert.InRange(KeptOf(count: 1000, kilobytes: 128), 0, 0.25);
        Assert.InRange(KeptOf(count: 2000, kilobytes: 64), 0.75, 1.25);
        Assert.InRange(KeptOf(count: 2000, kilobytes: 64, FreedMemory.GiveBack), -0.5, 0.25);
    }

    /// <summary>The share of the blocks' memory that the process still has when all but the last are freed.</summary>
    private static double KeptOf(int count, int kilobytes, Action? after = null)
    {
        FreedMemory.GiveBack(); // pages that earlier tests freed would be counted as the blocks'
        var before = ProcessMemory.Now().Resident;
        var blocks = Enumerable.Range(0, count).Select(_ => TorchSharp.torch.ones(kilobytes << 8)).ToList();
        for (var i = 0; i < count - 1; i++) blocks[i].Dispose();
        after?.Invoke();
        var left = ProcessMemory.Now().Resident;
        blocks[^1].Dispose();
        return (left - before) / (count * 1024.0 * kilobytes);
    }
}
