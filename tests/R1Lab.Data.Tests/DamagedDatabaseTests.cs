using Microsoft.Data.Sqlite;
using R1Lab.Tests.Shared;

namespace R1Lab.Data.Tests;

/// <summary>A database that is not as the lab left it is refused in words, is not changed, and gets no empty one in its place.</summary>
public sealed class DamagedDatabaseTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("emptied", "the file is empty")]
    [InlineData("half", "malformed")]
    [InlineData("one page", "malformed")]
    [InlineData("fifty bytes", "")]
    [InlineData("garbage", "not a database")]
    [InlineData("garbage inside", "")]
    [InlineData("no tables", "it holds none of the lab's tables")]
    [InlineData("tables of others", "it holds none of the lab's tables")]
    public async Task MigrateAsync_DamagedFile_RefusesInWordsAndChangesNothing(string damage, string reason)
    {
        await using var lab = await LabFixture.CreateAsync();
        await lab.Datasets.CreateAsync(Actors.Lab, new("d", Datasets.DatasetFormats.PromptResponse), Enumerable.Range(0, 200).Select(i => TestRows.Pair($"p{i}", new string('r', 500))), Cancel);
        SqliteConnection.ClearAllPools();
        Damage(lab.Path, damage);
        var before = Contents(lab.Folder);

        var refusal = await Assert.ThrowsAsync<DamagedDatabaseException>(() => lab.Database.MigrateAsync(Cancel));

        Assert.Contains(reason, refusal.Message, StringComparison.Ordinal);
        Assert.Contains(lab.Path, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("Restore a backup", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(before, Contents(lab.Folder));
    }

    [Theory]
    [InlineData("runs/1/receipt.json")]
    [InlineData("uploads/abc")]
    [InlineData("keys/key-1.xml")]
    [InlineData("lab.db-wal")]
    public async Task MigrateAsync_FileMissingBesideWhatBelongsToIt_RefusesAndCreatesNone(string companion)
    {
        var folder = Directory.CreateTempSubdirectory("r1lab-data-").FullName;
        await using var lab = LabFixture.At(folder);
        Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(folder, companion))!);
        await File.WriteAllTextAsync(Path.Combine(folder, companion), "x", Cancel);

        var refusal = await Assert.ThrowsAsync<DamagedDatabaseException>(() => lab.Database.MigrateAsync(Cancel));

        Assert.Contains("it is missing", refusal.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(lab.Path));
    }

    [Fact]
    public async Task MigrateAsync_EmptyFoldersAndAnUnfinishedFirstStart_CreatesTheDatabase()
    {
        var folder = Directory.CreateTempSubdirectory("r1lab-data-").FullName;
        await using var lab = LabFixture.At(folder);
        foreach (var name in new[] { "runs", "uploads", "keys" }) Directory.CreateDirectory(Path.Combine(folder, name));
        await File.WriteAllTextAsync(lab.Path + ".new", "cut short", Cancel);

        await lab.Database.MigrateAsync(Cancel);

        Assert.Null(await lab.Database.FindFaultAsync(Cancel));
        Assert.False(File.Exists(lab.Path + ".new"));
    }

    [Fact]
    public async Task FindFaultAsync_CalledOften_WritesNothing()
    {
        await using var lab = await LabFixture.CreateAsync();
        await lab.Settings.SetAsync(Actors.Lab, "a", "1", cancellationToken: Cancel);
        await using var held = lab.Open(); // as in a running lab, where a connection is always open
        await held.Database.EnsureCreatedAsync(Cancel);
        Microsoft.EntityFrameworkCore.RelationalDatabaseFacadeExtensions.OpenConnection(held.Database);
        var before = Contents(lab.Folder);

        for (var call = 0; call < 50; call++) Assert.Null(await lab.Database.FindFaultAsync(Cancel));

        Assert.Equal(before, Contents(lab.Folder));
    }

    [Fact]
    public async Task FindFaultAsync_WhileSomebodyWrites_FindsNone()
    {
        await using var lab = await LabFixture.CreateAsync();

        var fault = await lab.Writes.RunAsync((_, token) => lab.Database.FindFaultAsync(token), Cancel);

        Assert.Null(fault);
    }

    [Theory]
    [InlineData("deleted")]
    [InlineData("garbage")]
    public async Task FindFaultAsync_FileGoneOrSpoiledWhileConnectionsAreOpen_SaysSo(string damage)
    {
        await using var lab = await LabFixture.CreateAsync();
        await lab.Settings.SetAsync(Actors.Lab, "a", "1", cancellationToken: Cancel);
        if (damage == "deleted") File.Delete(lab.Path);
        else Damage(lab.Path, damage);

        Assert.NotNull(await lab.Database.FindFaultAsync(Cancel));
    }

    [Fact]
    public async Task BackupAsync_WithoutADatabase_RefusesAndCreatesNone()
    {
        var folder = Directory.CreateTempSubdirectory("r1lab-data-").FullName;
        await using var lab = LabFixture.At(folder);

        await Assert.ThrowsAsync<RecordNotFoundException>(() => lab.Database.BackupAsync(Path.Combine(folder, "copy.db"), Cancel));

        Assert.Empty(Directory.GetFiles(folder));
    }

    private static void Damage(string path, string how)
    {
        switch (how)
        {
            case "emptied": File.WriteAllBytes(path, []); break;
            case "half": Cut(path, new FileInfo(path).Length / 2); break;
            case "one page": Cut(path, 4096); break;
            case "fifty bytes": Cut(path, 50); break;
            case "garbage": Overwrite(path, 0, (int)new FileInfo(path).Length); break;
            case "garbage inside": Overwrite(path, 4096, (int)new FileInfo(path).Length - 4096); break;
            case "no tables":
                File.Delete(path);
                Execute(path, "PRAGMA user_version = 1");
                break;
            default:
                File.Delete(path);
                Execute(path, "CREATE TABLE notes (text TEXT)");
                break;
        }
    }

    private static void Cut(string path, long length)
    {
        using var file = File.OpenWrite(path);
        file.SetLength(length);
    }

    private static void Overwrite(string path, int from, int count)
    {
        var noise = new byte[count];
        new Random(7).NextBytes(noise);
        using var file = File.OpenWrite(path);
        file.Position = from;
        file.Write(noise);
    }

    private static void Execute(string path, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    // The shared-memory index is scratch space of whoever has the file open.
    private static SortedDictionary<string, string> Contents(string folder) => new(Directory.GetFiles(folder)
        .Where(file => !file.EndsWith("-shm", StringComparison.Ordinal) && !file.EndsWith(".migrating", StringComparison.Ordinal))
        .Where(file => !(file.EndsWith("-wal", StringComparison.Ordinal) && new FileInfo(file).Length == 0))
        .ToDictionary(file => Path.GetFileName(file), file => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(ReadShared(file)))));

    private static byte[] ReadShared(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return copy.ToArray();
    }
}
