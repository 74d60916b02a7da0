using System.Text;
using R1Lab.Engine.Native;
using R1Lab.Tests.Shared;

namespace R1Lab.Engine.Tests;

public sealed class BoundLibraryTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void Load_SymbolThatNobodyHas_IsRefusedByName()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Libraries are bound by hand on Linux only.");
        var image = File.ReadAllBytes(Wrapper());
        OldLibstdcxx.MarkWeak(image, "GLIBCXX_3.4.32");
        Rename(image, "_ZN5torch4cuda12is_availableEv", "_ZN5torch4cuda12is_availablEEv");
        File.WriteAllBytes(_folder.Path("libOther.so"), image);

        var reason = BoundLibrary.Load(_folder.Path("libOther.so"));

        Assert.Contains("undefined symbol: _ZN5torch4cuda12is_availablEEv", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_NoSuchFile_SaysSo()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Libraries are bound by hand on Linux only.");

        Assert.Contains("No such file", BoundLibrary.Load(_folder.Path("none.so")), StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    // The one this process runs on.
    private static string Wrapper() =>
        File.ReadLines("/proc/self/maps").Where(line => line.EndsWith("libLibTorchSharp.so", StringComparison.Ordinal)).Select(line => line[line.IndexOf('/', StringComparison.Ordinal)..]).First();

    private static void Rename(byte[] image, string from, string to)
    {
        var place = image.AsSpan().IndexOf(Encoding.ASCII.GetBytes($"\0{from}\0"));
        Assert.True(place > 0, $"{from} is not asked for");
        Encoding.ASCII.GetBytes(to).CopyTo(image, place + 1);
    }
}
