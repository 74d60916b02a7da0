using System.Buffers.Binary;
using System.Numerics;
using System.Text;

namespace R1Lab.Engine.Training.Logging;

/// <summary>
/// The bytes of TensorBoard's event files: TFRecord framing (length, masked CRC-32C of the length, data, masked CRC-32C of the data; little
/// endian) around <c>tensorflow.Event</c> messages (event.proto, summary.proto), of which only the fields scalars need are written.
/// </summary>
internal static class EventRecord
{
    /// <summary>The format's version, text of every file's first event.</summary>
    public const string Version = "brain.Event:2";

    private const int StatusStart = 1;

    /// <summary>The first event of a file.</summary>
    /// <param name="wallTime">Seconds since 1970.</param>
    /// <param name="step">0, or the step from which earlier files no longer count.</param>
    public static byte[] FileVersion(double wallTime, long step) => Event(wallTime, step, 3, Encoding.UTF8.GetBytes(Version));

    /// <summary>Tells TensorBoard to forget what earlier files hold at <paramref name="step"/> and later.</summary>
    public static byte[] SessionStart(double wallTime, long step)
    {
        var session = new MemoryStream();
        WriteVarint(session, 1, StatusStart);
        return Event(wallTime, step, 7, session.ToArray());
    }

    /// <summary>The scalars of one step.</summary>
    public static byte[] Scalars(double wallTime, long step, IEnumerable<(string Tag, float Value)> scalars)
    {
        var summary = new MemoryStream();
        foreach (var (tag, number) in scalars)
        {
            var value = new MemoryStream();
            WriteBytes(value, 1, Encoding.UTF8.GetBytes(tag));
            WriteKey(value, 2, 5);
            value.Write(BitConverter.GetBytes(number));
            WriteBytes(summary, 1, value.ToArray());
        }

        return Event(wallTime, step, 5, summary.ToArray());
    }

    /// <summary>The data as it stands in the file.</summary>
    public static byte[] Frame(ReadOnlySpan<byte> data)
    {
        var frame = new byte[data.Length + 16];
        BinaryPrimitives.WriteInt64LittleEndian(frame, data.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(8), Masked(Crc32C(frame.AsSpan(0, 8))));
        data.CopyTo(frame.AsSpan(12));
        BinaryPrimitives.WriteUInt32LittleEndian(frame.AsSpan(12 + data.Length), Masked(Crc32C(data)));
        return frame;
    }

    /// <summary>CRC-32C (Castagnoli; RFC 3720, appendix B.4).</summary>
    public static uint Crc32C(ReadOnlySpan<byte> bytes)
    {
        var sum = uint.MaxValue;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..]) sum = BitOperations.Crc32C(sum, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        foreach (var b in bytes) sum = BitOperations.Crc32C(sum, b);
        return ~sum;
    }

    /// <summary>The sum as it is stored: turned and shifted, so that a sum over data that holds sums stays good.</summary>
    public static uint Masked(uint sum) => BitOperations.RotateRight(sum, 15) + 0xa282ead8;

    private static byte[] Event(double wallTime, long step, int field, byte[] content)
    {
        var message = new MemoryStream();
        WriteKey(message, 1, 1);
        message.Write(BitConverter.GetBytes(wallTime));
        if (step != 0) WriteVarint(message, 2, (ulong)step);
        WriteBytes(message, field, content);
        return message.ToArray();
    }

    private static void WriteBytes(MemoryStream message, int field, byte[] content)
    {
        WriteKey(message, field, 2);
        WriteVarint(message, (ulong)content.Length);
        message.Write(content);
    }

    private static void WriteVarint(MemoryStream message, int field, ulong value)
    {
        WriteKey(message, field, 0);
        WriteVarint(message, value);
    }

    private static void WriteKey(MemoryStream message, int field, int wireType) => message.WriteByte((byte)(field << 3 | wireType));

    private static void WriteVarint(MemoryStream message, ulong value)
    {
        for (; value >= 0x80; value >>= 7) message.WriteByte((byte)(value | 0x80));
        message.WriteByte((byte)value);
    }
}
