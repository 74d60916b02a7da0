using System.Buffers.Binary;

namespace R1Lab.Engine.Tests.Checkpoints;

/// <summary>The same safetensors file behind a longer header, as another writer may have made it: its tensors start elsewhere in memory when mapped.</summary>
internal static class PaddedHeader
{
    public static void Write(string source, string target, int spaces)
    {
        var bytes = File.ReadAllBytes(source);
        var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        byte[] padded = [.. bytes.AsSpan(0, 8 + length), .. Enumerable.Repeat((byte)' ', spaces), .. bytes.AsSpan(8 + length)];
        BinaryPrimitives.WriteUInt64LittleEndian(padded, (ulong)(length + spaces));
        File.WriteAllBytes(target, padded);
    }
}
