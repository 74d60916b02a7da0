using System.Text;
using R1Lab.Engine.Training.Logging;

namespace R1Lab.Engine.Tests.Training.Logging;

public sealed class TensorBoardWriterTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 3, 4, 12, 0, 0, TimeSpan.Zero);

    private readonly string _folder = Directory.CreateTempSubdirectory("r1lab-board-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    // RFC 3720, appendix B.4, and the check value of the CRC catalogue for "123456789".
    [Fact]
    public void Crc32C_PublishedVectors_AreMet()
    {
        byte[][] inputs = [new byte[32], [.. Enumerable.Repeat((byte)0xff, 32)], [.. Enumerable.Range(0, 32).Select(i => (byte)i)], Encoding.ASCII.GetBytes("123456789")];

        var sums = inputs.Select(input => EventRecord.Crc32C(input));

        Assert.Equal([0x8A9136AA, 0x62A8AB43, 0x46DD794E, 0xE3069283], sums);
    }

    [Fact]
    public void Writer_FirstRecord_IsTheOneEveryEventFileBeginsWith()
    {
        var writer = new TensorBoardWriter(_folder, Noon);

        // Length 24 and its masked sum, then wall_time (field 1, 64 bit) and file_version (field 3, 13 letters).
        var bytes = File.ReadAllBytes(writer.FilePath);
        Assert.Equal([0x18, 0, 0, 0, 0, 0, 0, 0, 0xa3, 0x7f, 0x4b, 0x22, 0x09, .. BitConverter.GetBytes((double)Noon.ToUnixTimeSeconds()), 0x1a, 13, .. "brain.Event:2"u8], bytes[..^4]);
        Assert.Equal(new BoardEvent(Noon.ToUnixTimeSeconds(), 0, "brain.Event:2", null, []), EventFile.Read(writer.FilePath).Single() with { Scalars = [] });
        Assert.Matches(@"^events\.out\.tfevents\.1772625600\.[A-Za-z0-9._-]+\.\d+\.0$", Path.GetFileName(writer.FilePath));
    }

    [Fact]
    public void Write_Scalars_AreReadBack()
    {
        var writer = new TensorBoardWriter(_folder, Noon);
        writer.Write(1, Noon.AddSeconds(0.5), [("train/loss", 2.5), ("train/learning_rate", 1e-4)]);
        writer.Write(300_000, Noon.AddSeconds(1), [("eval/loss", double.NaN), ("标签", double.PositiveInfinity)]);

        var events = EventFile.Read(writer.FilePath)[1..];

        Assert.Equal([(1L, Noon.ToUnixTimeSeconds() + 0.5), (300_000L, Noon.ToUnixTimeSeconds() + 1.0)], events.Select(e => (e.Step, e.WallTime)));
        Assert.Equal([("train/loss", 2.5f), ("train/learning_rate", 1e-4f), ("eval/loss", float.NaN), ("标签", float.PositiveInfinity)], events.SelectMany(e => e.Scalars));
    }

    // SessionLog.START (1) with a step is how SummaryWriter(purge_step=…) of torch.utils.tensorboard marks a restart.
    [Fact]
    public void Writer_AfterAnEarlierStart_HasALaterNameAndPurges()
    {
        _ = new TensorBoardWriter(_folder, Noon.AddHours(1));
        Assert.True(TensorBoardWriter.HasWritten(_folder));

        var second = new TensorBoardWriter(_folder, Noon, purgeStep: 41);

        var names = Directory.GetFiles(_folder).Order(StringComparer.Ordinal).ToList();
        Assert.Equal(second.FilePath, names[^1]);
        Assert.Equal([("brain.Event:2", null, 41L), (null, 1, 41L)], EventFile.Read(second.FilePath).Select(e => (e.FileVersion, e.SessionStatus, e.Step)));
    }
}
