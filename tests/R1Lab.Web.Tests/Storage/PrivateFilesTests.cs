using System.Runtime.Versioning;
using R1Lab.Web.Options;
using R1Lab.Web.Storage;
using R1Lab.Web.Tests.Api;
using R1Lab.Web.Tests.Durability;

namespace R1Lab.Web.Tests.Storage;

/// <summary>What the lab stores is for its own user only, also in a folder that was readable before.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class PrivateFilesTests
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
    private const UnixFileMode Readable = Owner | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    public static bool HasModes => !OperatingSystem.IsWindows();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact(Skip = "Windows has no modes.", SkipUnless = nameof(HasModes))]
    public async Task Lab_StartedOnAReadableFolder_HoldsNothingThatOthersCanRead()
    {
        using var folder = new TemporaryFolder();
        File.SetUnixFileMode(folder.Path, Readable);
        await using (var first = await StartedLab.StartAsync(folder.Path))
        {
            await UseAsync(first.Client);
            Assert.Equal([], Open(folder.Path));
            await first.KillAsync();
        }

        Write(folder.Path, "runs/1/adapter/weights.safetensors");
        foreach (var entry in Entries(folder.Path).Append(folder.Path)) SetMode(entry, Readable);

        await using var lab = await StartedLab.StartAsync(folder.Path);
        await UseAsync(lab.Client);

        Assert.Equal([], Open(folder.Path));
        Assert.Contains(Entries(folder.Path), entry => entry.EndsWith("r1lab.db-wal", StringComparison.Ordinal));
        Assert.Contains(Entries(folder.Path), entry => entry.EndsWith(".xml", StringComparison.Ordinal));
        Assert.Equal(2, Directory.GetFiles(Path.Combine(folder.Path, "uploads")).Length);
    }

    [Fact(Skip = "Windows has no modes.", SkipUnless = nameof(HasModes))]
    public void TightenContents_WhatAnEarlierVersionLeftReadable_IsTheOwnersAndLinksAreNotFollowed()
    {
        using var folder = new TemporaryFolder();
        using var outside = new TemporaryFolder();
        Write(outside.Path, "shared");
        SetMode(Path.Combine(outside.Path, "shared"), Readable);
        foreach (var file in new[] { "r1lab.db", "r1lab.db-wal", "keys/key.xml", "runs/1/adapter/weights", "uploads/1", "notes.txt" }) Write(folder.Path, file);
        foreach (var entry in Entries(folder.Path)) SetMode(entry, Readable);
        Write(folder.Path, "runs/1/link", link: Path.Combine(outside.Path, "shared"));

        PrivateFiles.TightenContents(new LabOptions { DataFolder = folder.Path });

        var open = Entries(folder.Path).Where(entry => new FileInfo(entry).LinkTarget is null && (File.GetUnixFileMode(entry) & ~Owner) != 0);
        Assert.Equal(["notes.txt"], open.Select(entry => Path.GetFileName(entry)));
        Assert.Equal(Readable, File.GetUnixFileMode(Path.Combine(outside.Path, "shared")));
    }

    [Fact(Skip = "Windows has no modes.", SkipUnless = nameof(HasModes))]
    public void Prepare_FolderThatProgramsShare_IsRefused()
    {
        using var folder = new TemporaryFolder();
        File.SetUnixFileMode(folder.Path, Readable | UnixFileMode.StickyBit);
        PrivateFiles.Prepare(folder.Path); // nobody uses it yet
        Assert.Equal(Owner, File.GetUnixFileMode(folder.Path) & ~UnixFileMode.StickyBit);
        File.SetUnixFileMode(folder.Path, Readable | UnixFileMode.StickyBit);
        Write(folder.Path, "of-another-program");

        var refusal = Assert.Throws<IOException>(() => PrivateFiles.Prepare(folder.Path));

        Assert.Contains("a folder of its own", refusal.Message, StringComparison.Ordinal);
        Assert.True(File.GetUnixFileMode(folder.Path).HasFlag(UnixFileMode.OtherRead));
    }

    [Fact(Skip = "Windows has no modes.", SkipUnless = nameof(HasModes))]
    public void Prepare_ModeThatCannotBeChanged_IsRefusedInWords()
    {
        if (!OperatingSystem.IsLinux()) Assert.Skip("Needs /proc.");

        var refusal = Assert.Throws<IOException>(() => PrivateFiles.Prepare("/proc/sys/kernel"));

        Assert.Contains("cannot be changed", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("chmod -R go=", refusal.Message, StringComparison.Ordinal);
    }

    // Database, upload and key files are written while it runs.
    private static async Task UseAsync(HttpClient client)
    {
        using var body = new StringContent("{\"prompt\":\"1\",\"response\":\"2\"}");
        await client.SendAsync(HttpMethod.Post, $"/api/v1/datasets?name={Guid.NewGuid():N}", body);
        await client.AskAsync("/api/v1/uploads", new { file_name = "a.jsonl", length = 10 });
        await client.GetStringAsync("/account/sign-in", Cancel);
    }

    private static List<string> Open(string folder) =>
        [.. Entries(folder).Append(folder).Where(entry => (File.GetUnixFileMode(entry) & ~Owner) != 0).Select(entry => $"{File.GetUnixFileMode(entry)} {entry}")];

    private static IEnumerable<string> Entries(string folder) => Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories);

    private static void SetMode(string entry, UnixFileMode mode)
    {
        if (new FileInfo(entry).LinkTarget is null) File.SetUnixFileMode(entry, mode);
    }

    private static void Write(string folder, string file, string? link = null)
    {
        var path = Path.Combine(folder, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        if (link is null) File.WriteAllText(path, "x");
        else File.CreateSymbolicLink(path, link);
    }
}
