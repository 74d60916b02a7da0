using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using R1Lab.Engine.Checkpoints;
using R1Lab.Tests.Shared;

namespace R1Lab.Engine.Tests.Checkpoints;

public sealed class ArchiveImportTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("good.zip")]
    [InlineData("good.tar")]
    [InlineData("good.tar.gz")]
    public void Extract_GoodArchive_GivesEveryFile(string name)
    {
        var archive = Make(name, ("model/config.json", "{}"), ("model/数据.txt", "行"));

        var files = ArchiveImport.Extract(archive, _folder.Path("out"));

        Assert.Equal(["model/config.json", "model/数据.txt"], files);
        Assert.Equal(("{}", "行"), (File.ReadAllText(_folder.Path("out", "model", "config.json")), File.ReadAllText(_folder.Path("out", "model", "数据.txt"))));
    }

    [Theory]
    [InlineData("../evil.txt", "outside")]
    [InlineData("a/../../evil.txt", "outside")]
    [InlineData("/evil.txt", "outside")]
    [InlineData("..\\evil.txt", "outside")]
    [InlineData("C:/evil.txt", "outside")]
    [InlineData("a/.. /evil.txt", "outside")]
    [InlineData("a\u0001b", "not allowed")]
    [InlineData("file.txt:stream", "not allowed")]
    [InlineData("GOOD.txt", "duplicate")]
    [InlineData("good.txt/inner", "a file and a folder")]
    public void Extract_BadName_WritesNothing(string name, string says)
    {
        var archive = Make("bad.zip", ("good.txt", "1"), (name, "2"));

        var e = Assert.Throws<BadInputException>(() => ArchiveImport.Extract(archive, _folder.Path("out")));

        Assert.Contains(says, e.Message, StringComparison.Ordinal);
        Assert.Contains("bad.zip", e.Message, StringComparison.Ordinal);
        Assert.Equal([archive], Directory.GetFileSystemEntries(_folder.Root));
    }

    [Theory]
    [InlineData("bomb.zip")]
    [InlineData("bomb.tgz")]
    public void Extract_Bomb_IsRefusedBeforeItFillsTheDisk(string name)
    {
        var archive = Make(name, ("zeros.txt", new string('0', 40_000_000)));

        var e = Assert.Throws<BadInputException>(() => ArchiveImport.Extract(archive, _folder.Path("out")));

        Assert.Contains("bomb", e.Message, StringComparison.Ordinal);
        Assert.Equal([archive], Directory.GetFileSystemEntries(_folder.Root));
    }

    [Fact]
    public void Extract_TooManyFiles_IsRefused()
    {
        var archive = Make("many.zip", [.. Enumerable.Range(0, 11).Select(i => ($"{i}.txt", "x"))]);

        var e = Assert.Throws<BadInputException>(() => ArchiveImport.Extract(archive, _folder.Path("out"), new ArchiveLimits { MaxFiles = 10 }));

        Assert.Contains("more than 10 files", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Extract_SizeLie_IsRefusedWhileWriting()
    {
        var archive = Make("lie.zip", ("text.txt", new string('x', 5000)));
        var bytes = File.ReadAllBytes(archive);
        // The size field of the central directory (offset 24 of its record) and of the local header (offset 22): 10 instead of 5000.
        var central = bytes.AsSpan().IndexOf("PK\x01\x02"u8);
        bytes[central + 24] = bytes[22] = 10;
        bytes[central + 25] = bytes[23] = 0;
        File.WriteAllBytes(archive, bytes);

        Assert.Throws<BadInputException>(() => ArchiveImport.Extract(archive, _folder.Path("out")));

        Assert.Equal([archive], Directory.GetFileSystemEntries(_folder.Root));
    }

    [Fact]
    public void Extract_DamagedContent_IsRefused()
    {
        var archive = _folder.Path("stored.zip");
        using (var zip = ZipFile.Open(archive, ZipArchiveMode.Create))
        using (var stream = zip.CreateEntry("a.txt", CompressionLevel.NoCompression).Open()) stream.Write("hello hello"u8);
        var bytes = File.ReadAllBytes(archive);
        bytes[bytes.AsSpan().IndexOf("hello"u8)] ^= 1;
        File.WriteAllBytes(archive, bytes);

        Assert.Throws<BadInputException>(() => ArchiveImport.Extract(archive, _folder.Path("out")));

        Assert.Equal([archive], Directory.GetFileSystemEntries(_folder.Root));
    }

    [Theory]
    [InlineData(TarEntryType.SymbolicLink)]
    [InlineData(TarEntryType.HardLink)]
    [InlineData(TarEntryType.CharacterDevice)]
    public void Extract_LinkOrDevice_IsRefused(TarEntryType type)
    {
        var archive = _folder.Path("link.tar");
        using (var tar = new TarWriter(File.Create(archive)))
        {
            var entry = new PaxTarEntry(type, "link");
            if (type != TarEntryType.CharacterDevice) entry.LinkName = "/etc/passwd";
            tar.WriteEntry(entry);
        }

        var e = Assert.Throws<BadInputException>(() => ArchiveImport.Extract(archive, _folder.Path("out")));

        Assert.Contains("only plain files and folders", e.Message, StringComparison.Ordinal);
        Assert.False(Directory.Exists(_folder.Path("out")));
    }

    [Fact]
    public void Extract_ZipWithLink_IsRefused()
    {
        var archive = _folder.Path("link.zip");
        using (var zip = ZipFile.Open(archive, ZipArchiveMode.Create)) zip.CreateEntry("link").ExternalAttributes = unchecked((int)0xA1FF0000); // S_IFLNK | 0777

        Assert.Throws<BadInputException>(() => ArchiveImport.Extract(archive, _folder.Path("out")));
    }

    [Theory]
    [InlineData("cut.zip")]
    [InlineData("cut.tar")]
    [InlineData("cut.tar.gz")]
    public void Extract_CutAnywhere_NeverLeavesAnything(string name)
    {
        var archive = Make(name, ("a.txt", "some text that is packed"), ("b/c.txt", "more of it"));
        var whole = File.ReadAllBytes(archive);
        var lengths = Enumerable.Range(0, Math.Min(whole.Length - 1, 150)).Select(i => i * (whole.Length - 1) / Math.Min(whole.Length - 1, 150));

        var refused = 0;
        foreach (var length in lengths)
        {
            File.WriteAllBytes(archive, whole[..length]);
            try
            {
                ArchiveImport.Extract(archive, _folder.Path("out")); // a tar without its closing zeros, or cut between entries, is still readable
                Directory.Delete(_folder.Path("out"), recursive: true);
            }
            catch (BadInputException)
            {
                refused++;
                Assert.Equal([archive], Directory.GetFileSystemEntries(_folder.Root));
            }
        }

        // A zip is read from its end, so none of its beginnings is one.
        Assert.InRange(refused, name.EndsWith(".zip", StringComparison.Ordinal) ? lengths.Count() : 1, lengths.Count());
    }

    [Fact]
    public void Extract_UnknownKind_IsRefused() => Assert.Throws<BadInputException>(() => ArchiveImport.Extract(_folder.Path("model.7z"), _folder.Path("out")));

    private string Make(string name, params (string Name, string Text)[] files)
    {
        var path = _folder.Path(name);
        if (name.EndsWith(".zip", StringComparison.Ordinal))
        {
            using var zip = ZipFile.Open(path, ZipArchiveMode.Create);
            foreach (var (entry, text) in files)
            {
                using var stream = zip.CreateEntry(entry).Open();
                stream.Write(Encoding.UTF8.GetBytes(text));
            }

            return path;
        }

        Stream target = File.Create(path);
        if (!name.EndsWith(".tar", StringComparison.Ordinal)) target = new GZipStream(target, CompressionLevel.Optimal);
        using var tar = new TarWriter(target, leaveOpen: false);
        foreach (var (entry, text) in files) tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, entry) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text)) });
        return path;
    }
}
