using System.Runtime.InteropServices;
using Microsoft.Data.Sqlite;
using R1Lab.Engine;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Training;
using R1Lab.Web.Training;

namespace R1Lab.Web.Tests.Running;

public sealed class RunFailureTests
{
    private static readonly Problem Unknown = new("model_unknown", "model", ProblemSeverity.Error, "There is none.", "r1");

    public static TheoryData<Exception, string, bool> Cases => new()
    {
        { new ExternalException("CUDA out of memory. Tried to allocate 2.00 GiB"), "out_of_memory", false },
        { new OutOfMemoryException(), "out_of_memory", false },
        { new TrainingMemoryException("The device ran out of memory in step 3.", new OutOfMemoryException()), "out_of_memory", false },
        { new IOException("No space left on device : '/data/runs/1'"), "disk_full", true },
        { new InvalidOperationException("An error occurred while saving.", new SqliteException("database or disk is full", 13)), "disk_full", true },
        { new BadInputException("dataset", "row 3", "token id 9 is not in the vocabulary"), "bad_input", false },
        { new MemoryRefusedException("The run", 2, 1, "CPU"), "memory_refused", false },
        { new PlanRefusedException(Unknown), "plan_refused", false },
        { new IOException("something else"), "failed", false },
        { new IOException("no words", unchecked((int)0x80070070)), "disk_full", true },
        { new IOException("no words", 28), "disk_full", true },
        { new IOException("no words", 27), "failed", false },
        { new IOException("no words", new InvalidOperationException("cause")) { HResult = 28 }, "disk_full", true },
        { new IOException("no words", new InvalidOperationException("cause")) { HResult = 27 }, "failed", false },
        { new IOException("The Disk Is Full."), "disk_full", true },
        { new InvalidOperationException("disk is full, says somebody else"), "failed", false },
        { new InvalidOperationException("saving", new IOException("no words", 28)), "disk_full", true },
    };

    [Theory, MemberData(nameof(Cases))]
    public void Of_KnownTrouble_SaysItInTheUsersWords(Exception error, string kind, bool pauses)
    {
        var failure = RunFailure.Of(error, Path.GetTempPath());

        Assert.Equal((kind, pauses ? kind : null), (failure.Kind, failure.PausedFor));
        Assert.StartsWith("R1L-", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_WriterThatLookedFirst_NamesNeededAndFreeBytes()
    {
        var failure = RunFailure.Of(new NotEnoughSpaceException("/data/runs/7/snapshots", 123_456_789, 4_096), "/data/runs/7");

        Assert.Equal([123_456_789L, 4_096L, "/data/runs/7"], failure.Arguments);
        Assert.Contains("123456789 bytes are needed and 4096 are free", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_SystemThatSaysNoMore_NeedsWhatTheLastSnapshotTook()
    {
        using var run = new TemporaryFolder();
        foreach (var (name, bytes) in new[] { ("step-000002", 50), ("step-000010", 300) })
            File.WriteAllBytes(Path.Combine(Directory.CreateDirectory(Path.Combine(run.Path, "snapshots", name)).FullName, "tensors.safetensors"), new byte[bytes]);

        var failure = RunFailure.Of(new IOException("No space left on device"), run.Path);

        Assert.Equal(300L, failure.Arguments[0]);
        Assert.True((long)failure.Arguments[1] > 0);
    }
}
