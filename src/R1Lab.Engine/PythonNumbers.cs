using System.Buffers;
using System.Text.RegularExpressions;

namespace R1Lab.Engine;

/// <summary>
/// The numbers that Python's json module writes and JSON does not have: NaN, Infinity and -Infinity. A file that holds them is read with each as
/// a text, so that a field that must be a finite number still refuses it by name and every other field is left alone.
/// </summary>
internal static partial class PythonNumbers
{
    private const byte Quote = (byte)'"';

    /// <summary>The same JSON with each such number as a text, or null when there is none.</summary>
    /// <param name="json">UTF-8.</param>
    public static byte[]? Quoted(ReadOnlySpan<byte> json)
    {
        ArrayBufferWriter<byte>? quoted = null;
        var copied = 0;
        for (var at = 0; at < json.Length;)
        {
            if (json[at] == Quote)
            {
                at = EndOfText(json, at);
                continue;
            }

            var length = LengthAt(json[at..]);
            if (length > 0)
            {
                quoted ??= new ArrayBufferWriter<byte>(json.Length + 16);
                quoted.Write(json[copied..at]);
                quoted.Write([Quote, .. json.Slice(at, length), Quote]);
                copied = at + length;
            }

            at += Math.Max(length, 1);
        }

        quoted?.Write(json[copied..]);
        return quoted?.WrittenSpan.ToArray();
    }

    /// <summary>Turns the texts back into numbers, in a file whose source held such numbers.</summary>
    public static string Unquoted(string json) => QuotedValue().Replace(json, "${number}");

    private static int EndOfText(ReadOnlySpan<byte> json, int start)
    {
        var at = start + 1;
        while (at < json.Length && json[at] != Quote) at += json[at] == (byte)'\\' ? 2 : 1;
        return at + 1;
    }

    private static int LengthAt(ReadOnlySpan<byte> json)
    {
        if (json.StartsWith("NaN"u8)) return 3;
        if (json.StartsWith("Infinity"u8)) return 8;
        return json.StartsWith("-Infinity"u8) ? 9 : 0;
    }

    // A value, not a name: no colon follows. A quotation mark inside a text stands behind a backslash, so that this cannot be part of one.
    [GeneratedRegex("\"(?<number>-?Infinity|NaN)\"(?!\\s*:)", RegexOptions.None, 5000)]
    private static partial Regex QuotedValue();
}
