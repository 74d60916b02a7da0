using System.Runtime.InteropServices;
using R1Lab.Engine.Native;
using R1Lab.Tests.Shared;

namespace R1Lab.Engine.Tests;

/// <summary>The native library under an account whose folders are denied. Folders below a file stand for those: they are denied to root as well.</summary>
public sealed class PrivateCopyTests : IDisposable
{
    private const string Name = "libAnything.so";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Load_OwnFolderDenied_LoadsFromATemporaryOneAndLeavesNothing()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux needs a copy.");
        var temporary = Directory.CreateDirectory(_folder.Path("temporary")).FullName;

        var refusal = PrivateCopy.Load(Library(), Name, Denied("home"), [Denied("tmp"), temporary]);

        Assert.Null(refusal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(temporary));
    }

    [Fact]
    public void Load_NoOwnFolder_LoadsFromATemporaryOne()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux needs a copy.");

        Assert.Null(PrivateCopy.Load(Library(), Name, null, [_folder.Root]));
    }

    [Fact]
    public void Load_OwnFolder_IsMadeAndKeepsTheCopy()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux needs a copy.");
        var own = _folder.Path("new/native");

        Assert.Null(PrivateCopy.Load(Library(), Name, own, []));
        Assert.Null(PrivateCopy.Load(Library(), Name, own, []));

        Assert.Equal([Path.Combine(own, Name)], Directory.EnumerateFileSystemEntries(own));
    }

    [Fact]
    public void Load_EveryFolderDenied_NamesEachWithItsReason()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux needs a copy.");

        var refusal = PrivateCopy.Load(Library(), Name, Denied("home"), [Denied("tmp"), Denied("program")]);

        Assert.All(new[] { Denied("home"), Denied("tmp"), Denied("program") }, folder => Assert.Contains($"{folder} (", refusal, StringComparison.Ordinal));
        Assert.Contains("TMPDIR", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_FolderWhoseCopyDoesNotLoad_IsNamedWithTheLoadersReason()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux needs a copy.");

        var refusal = PrivateCopy.Load([1, 2, 3], Name, _folder.Path("own"), [_folder.Root]);

        Assert.Contains($"{_folder.Path("own")} (", refusal, StringComparison.Ordinal);
        Assert.Contains("file too short", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void Own_HomeThatIsMissing_IsNotCreated()
    {
        var own = PrivateCopy.Own();

        Assert.True(own is null || own.EndsWith(Path.Combine("r1lab", "native"), StringComparison.Ordinal), own);
    }

    /// <summary>The whole engine under a service user: no home, and a temporary folder that does not exist.</summary>
    [Fact]
    public async Task Load_ServiceUserWithoutHome_LoadsTheEngine()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux needs a copy.");

        await OwnProcess.RunAsync([typeof(DispatcherTests)], ("HOME", "/dev/null/none"), ("XDG_DATA_HOME", ""), ("TMPDIR", "/dev/null/none"));
    }

    private static byte[] Library() => File.ReadAllBytes(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "libSystem.IO.Compression.Native.so"));

    private string Denied(string name)
    {
        var file = _folder.Path("file");
        if (!File.Exists(file)) File.WriteAllText(file, "");
        return Path.Combine(file, name);
    }
}
