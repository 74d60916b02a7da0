using System.Buffers.Binary;
using System.Text;

namespace R1Lab.Engine.Tests.Training.Logging;

/// <summary>One event as a reader of TensorBoard files sees it.</summary>
internal sealed record BoardEvent(double WallTime, long Step, string? FileVersion, int? SessionStatus, IReadOnlyList<(string Tag, float Value)> Scalars);

/// <summary>Reads event files by the format's definition, with a checksum of its own, bit by bit.</summary>
internal static class EventFile
{
    public static List<BoardEvent> Read(string path)
    {
        var bytes = File.ReadAllBytes(path);
        var events = new List<BoardEvent>();
        for (var at = 0; at < bytes.Length;)
        {
            var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(at));
            Assert.Equal(Stored(bytes.AsSpan(at, 8)), BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 8)));
            Assert.Equal(Stored(bytes.AsSpan(at + 12, length)), BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at + 12 + length)));
            events.Add(Event(bytes.AsSpan(at + 12, length)));
            at += length + 16;
        }

        return events;
    }

    private static BoardEvent Event(ReadOnlySpan<byte> data)
    {
        var read = new BoardEvent(0, 0, null, null, []);
        foreach (var (field, content, number) in Fields(data))
        {
            read = field switch
            {
                1 => read with { WallTime = BitConverter.ToDouble(content) },
                2 => read with { Step = (long)number },
                3 => read with { FileVersion = Encoding.UTF8.GetString(content) },
                5 => read with { Scalars = [.. Fields(content).Select(value => Scalar(value.Content))] },
                7 => read with { SessionStatus = (int)Fields(content).Single(part => part.Field == 1).Number },
                _ => throw new InvalidDataException($"field {field}"),
            };
        }

        return read;
    }

    private static (string Tag, float Value) Scalar(byte[] value)
    {
        var fields = Fields(value);
        return (Encoding.UTF8.GetString(fields.Single(part => part.Field == 1).Content), BitConverter.ToSingle(fields.Single(part => part.Field == 2).Content));
    }

    private static List<(int Field, byte[] Content, ulong Number)> Fields(ReadOnlySpan<byte> message)
    {
        var fields = new List<(int, byte[], ulong)>();
        while (message.Length > 0)
        {
            var key = Varint(ref message);
            var number = (key & 7) == 0 ? Varint(ref message) : 0;
            var length = (key & 7) switch { 0 => 0, 1 => 8, 2 => (int)Varint(ref message), 5 => 4, var other => throw new InvalidDataException($"wire type {other}") };
            fields.Add(((int)(key >> 3), message[..length].ToArray(), number));
            message = message[length..];
        }

        return fields;
    }

    private static ulong Varint(ref ReadOnlySpan<byte> message)
    {
        var (value, shift) = (0UL, 0);
        while (true)
        {
            var next = message[0];
            message = message[1..];
            value |= (ulong)(next & 0x7f) << shift;
            if (next < 0x80) return value;
            shift += 7;
        }
    }

    private static uint Stored(ReadOnlySpan<byte> data)
    {
        var sum = uint.MaxValue;
        foreach (var b in data)
        {
            sum ^= b;
            for (var bit = 0; bit < 8; bit++) sum = (sum & 1) != 0 ? (sum >> 1) ^ 0x82F63B78 : sum >> 1;
        }

        sum = ~sum;
        return ((sum >> 15) | (sum << 17)) + 0xa282ead8;
    }
}
