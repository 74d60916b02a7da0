using System.Diagnostics;
using R1Lab.Tests.Shared;
using R1Lab.Web.Storage;
using R1Lab.Web.Tests.Durability;

namespace R1Lab.Web.Tests.Storage;

/// <summary>One process works in a data folder; commands that read work beside it.</summary>
public sealed class FolderLockTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void Acquire_HeldByAnother_SaysByWhomUntilItIsReleased()
    {
        using var folder = new TemporaryFolder();
        using var first = new FolderLock(TimeProvider.System);
        using var second = new FolderLock(TimeProvider.System);
        first.Acquire(folder.Path);
        first.Describe(["http://127.0.0.1:5199"]);

        var refusal = Assert.Throws<FolderInUseException>(() => second.Acquire(folder.Path));
        first.Dispose();
        second.Acquire(folder.Path);

        Assert.Contains($"pid {Environment.ProcessId}, machine {Environment.MachineName}, started ", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("address http://127.0.0.1:5199", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_OnAFolderInUse_EndsWithTheHoldersAddress_AndWorksAfterAKill()
    {
        using var folder = new TemporaryFolder();
        await using var first = await StartedLab.StartAsync(folder.Path);

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => StartedLab.StartAsync(folder.Path));
        await first.KillAsync();
        await using var next = await StartedLab.StartAsync(folder.Path);

        Assert.Contains($"R1Lab cannot start: The data folder {folder.Path} is in use by another R1Lab (pid ", refused.Message, StringComparison.Ordinal);
        Assert.Contains($"address {first.Client.BaseAddress!.ToString().TrimEnd('/')})", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Backup_BesideARunningLab_IsAWholePrivateCopy()
    {
        using var folder = new TemporaryFolder();
        using var elsewhere = new TemporaryFolder();
        var copy = Path.Combine(elsewhere.Path, "r1lab.db");
        await using (var lab = await StartedLab.StartAsync(folder.Path))
        {
            await StartedLab.ImportDemoDatasetAsync(lab.Client);

            Assert.Equal((0, ""), await BackupAsync(folder.Path, copy));
            var (again, why) = await BackupAsync(folder.Path, copy);
            Assert.Equal(1, again);
            Assert.Contains("exists already", why, StringComparison.Ordinal);
        }

        Assert.Equal([copy], Directory.GetFiles(elsewhere.Path));
        if (!OperatingSystem.IsWindows()) Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(copy));
        await using var restored = await StartedLab.StartAsync(elsewhere.Path);
        var export = await restored.Client.GetStringAsync("/api/v1/datasets/1/export", Cancel);
        Assert.Equal(120, export.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public async Task Backup_WhereThereIsNoLab_SaysSoAndCreatesNothing()
    {
        using var folder = new TemporaryFolder();

        var (code, why) = await BackupAsync(folder.Path, Path.Combine(folder.Path, "copy.db"));

        Assert.Equal(1, code);
        Assert.Contains("R1Lab cannot make a backup: There is no database", why, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFiles(folder.Path));
    }

    [Fact]
    public async Task Start_OnADamagedDatabase_EndsWithOneSentenceAndLeavesTheFile()
    {
        using var folder = new TemporaryFolder();
        var database = Path.Combine(folder.Path, "r1lab.db");
        await File.WriteAllTextAsync(database, "not a database any more, but longer than its header: " + new string('x', 5000), Cancel);
        var before = await File.ReadAllBytesAsync(database, Cancel);

        var ended = await Assert.ThrowsAsync<InvalidOperationException>(() => StartedLab.StartAsync(folder.Path));

        Assert.Contains($"R1Lab cannot start: The database {database} cannot be used", ended.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", ended.Message, StringComparison.Ordinal);
        Assert.Equal(before, await File.ReadAllBytesAsync(database, Cancel));
    }

    private static async Task<(int Code, string Error)> BackupAsync(string dataFolder, string target)
    {
        var start = new ProcessStartInfo(BuiltProgram.Path, ["backup", target])
        {
            WorkingDirectory = ReferenceFiles.Repository, RedirectStandardError = true, RedirectStandardOutput = true, UseShellExecute = false,
        };
        start.Environment["Lab__DataFolder"] = dataFolder;
        using var backup = Process.Start(start)!;
        var error = await backup.StandardError.ReadToEndAsync(Cancel);
        await backup.WaitForExitAsync(Cancel);
        return (backup.ExitCode, error);
    }
}
