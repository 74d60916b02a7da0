using System.Buffers;
using System.Collections.Frozen;
using System.Text;

namespace R1Lab.Engine.Tokenization;

/// <summary>
/// The byte alphabet of GPT-2: every byte is written as one visible character, printable Latin-1 as itself and the others as U+0100 and up.
/// </summary>
internal static class ByteAlphabet
{
    private static readonly char[] Characters = BuildCharacters();
    private static readonly FrozenDictionary<char, byte> Bytes =
        Enumerable.Range(0, 256).ToFrozenDictionary(value => Characters[value], value => (byte)value);

    public static char CharacterOf(byte value) => Characters[value];

    /// <summary>The UTF-8 bytes of well-formed text, one character of the alphabet for each.</summary>
    public static string Write(ReadOnlySpan<char> text)
    {
        var rented = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length));
        try
        {
            var count = Encoding.UTF8.GetBytes(text, rented);
            return string.Create(count, rented, static (span, bytes) =>
            {
                for (var i = 0; i < span.Length; i++) span[i] = Characters[bytes[i]];
            });
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary>
    /// The bytes a token stands for. A token with any character outside the alphabet (an added token such as one with Han letters) stands for
    /// its own UTF-8 bytes, as in Hugging Face's decoder.
    /// </summary>
    public static byte[] Read(string token)
    {
        var bytes = new byte[token.Length];
        for (var i = 0; i < token.Length; i++)
        {
            if (!Bytes.TryGetValue(token[i], out bytes[i])) return Encoding.UTF8.GetBytes(token);
        }

        return bytes;
    }

    private static char[] BuildCharacters()
    {
        var characters = new char[256];
        var next = 0x100;
        for (var value = 0; value < 256; value++)
        {
            var printable = value is (>= 0x21 and <= 0x7E) or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
            characters[value] = (char)(printable ? value : next++);
        }

        return characters;
    }
}
