using System.Buffers.Binary;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Training;
using R1Lab.Tests.Shared;

namespace R1Lab.Engine.Tests.Checkpoints;

/// <summary>What imports leave behind when the program is killed, and files whose stated sizes no import may believe.</summary>
public sealed class ImportLeftoversTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void SweepTree_AfterAKill_RemovesHalfWrittenFilesAndFoldersAtAnyDepth()
    {
        Directory.CreateDirectory(_folder.Path("runs", "1"));
        var unpacked = DurableFolder.TemporaryBeside(_folder.Path("runs", "1", "adapter"));
        File.WriteAllText(Path.Combine(unpacked, $"inner{DurableFile.TemporarySuffix}"), "half");
        File.WriteAllText(_folder.Path("runs", "1", $"state.json.0{DurableFile.TemporarySuffix}"), "half");
        File.WriteAllText(_folder.Path("runs", "1", "state.json"), "whole");

        Assert.True(DurableFolder.SweepTree(_folder.Root) >= 2);

        Assert.Equal(["state.json"], Directory.EnumerateFileSystemEntries(_folder.Path("runs", "1")).Select(Path.GetFileName));
        Assert.Equal(0, DurableFolder.SweepTree(_folder.Path("there is none")));
    }

    [Fact]
    public void SweepTree_Links_AreNotFollowed()
    {
        Directory.CreateDirectory(_folder.Path("data"));
        Directory.CreateDirectory(_folder.Path("elsewhere"));
        File.WriteAllText(_folder.Path("elsewhere", $"kept{DurableFile.TemporarySuffix}"), "another program's");
        Directory.CreateSymbolicLink(_folder.Path("data", "link"), _folder.Path("elsewhere"));

        DurableFolder.SweepTree(_folder.Path("data"));

        Assert.True(File.Exists(_folder.Path("elsewhere", $"kept{DurableFile.TemporarySuffix}")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Extract_ArchiveThatIsAllListOfFiles_IsRefusedBeforeTheListIsRead(bool isLong)
    {
        // An end record says that the list of entries begins at 0 of a file of 64 MB; a 64 bit archive says so in another record.
        var archive = _folder.Path("a.zip");
        using (var file = File.Create(archive))
        {
            file.SetLength(64 << 20);
            file.Position = file.Length;
            if (isLong)
            {
                var end = new byte[56 + 20];
                BinaryPrimitives.WriteUInt32LittleEndian(end, 0x06064B50);
                BinaryPrimitives.WriteUInt32LittleEndian(end.AsSpan(56), 0x07064B50);
                BinaryPrimitives.WriteInt64LittleEndian(end.AsSpan(64), file.Length);
                file.Write(end);
            }

            var last = new byte[22];
            BinaryPrimitives.WriteUInt32LittleEndian(last, 0x06054B50);
            if (isLong) last.AsSpan(8, 12).Fill(0xFF);
            file.Write(last);
        }

        Measured.Of<InvalidOperationException>(() => Assert.Contains("list of files", Assert.Throws<BadInputException>(() => ArchiveImport.Extract(archive, _folder.Path("out"))).Message, StringComparison.Ordinal))
            .Within(TimeSpan.FromSeconds(2), 8 << 20);
    }

    [Fact]
    public void ReadLines_MegabytesOfBlankLines_AreRefused()
    {
        using var stream = new MemoryStream(new byte[20 << 20].Select(_ => (byte)'\n').ToArray());

        Assert.Contains("blank lines", Assert.Throws<BadInputException>(() => JsonlReader.Read(stream, DatasetFormat.Auto)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Receipt_FileThatIsMostlyEmptySpace_IsRefusedBeforeItIsRead()
    {
        using (var sparse = File.Create(_folder.Path("receipt.json"))) sparse.SetLength(3L << 30);

        Measured.Of<InvalidOperationException>(() => Assert.Throws<BadInputException>(() => RunReceipt.Read(_folder.Path("receipt.json")))).Within(TimeSpan.FromSeconds(2), 8 << 20);
    }
}
