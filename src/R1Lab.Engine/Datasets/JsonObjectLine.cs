using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace R1Lab.Engine.Datasets;

/// <summary>
/// Says why a line is not exactly one sound JSON object. Stricter than System.Text.Json, which keeps the last of two equal keys, turns
/// 1e999 into infinity and notices half a surrogate pair only when the text is asked for.
/// </summary>
internal static class JsonObjectLine
{
    private const int DeepestNesting = 64;

    /// <returns>The reason in the user's words; null when the line is good.</returns>
    public static string? Check(ReadOnlySpan<byte> line)
    {
        if (!Utf8.IsValid(line)) return NotUtf8(line);
        var reader = new Utf8JsonReader(line, new JsonReaderOptions { MaxDepth = DeepestNesting + 8 });
        try
        {
            return Walk(ref reader, line);
        }
        catch (JsonException e)
        {
            return Unreadable(line, e);
        }
    }

    private static string? Walk(ref Utf8JsonReader reader, ReadOnlySpan<byte> line)
    {
        var keys = new Stack<HashSet<string>>();
        var field = "";
        while (reader.Read())
        {
            if (reader is { CurrentDepth: 0, TokenType: not (JsonTokenType.StartObject or JsonTokenType.EndObject) })
                return $"must be a JSON object, is {KindOf(reader.TokenType)}";
            if (reader.CurrentDepth >= DeepestNesting) return $"nested too deeply (more than {DeepestNesting} levels)";
            switch (reader.TokenType)
            {
                case JsonTokenType.StartObject:
                    keys.Push(new HashSet<string>(StringComparer.Ordinal));
                    break;
                case JsonTokenType.EndObject:
                    keys.Pop();
                    if (keys.Count == 0) return Rest(line[(int)reader.BytesConsumed..]);
                    break;
                case JsonTokenType.PropertyName:
                    if (TextOf(ref reader) is not { } name) return "a field name holds a broken character (lone surrogate)";
                    if (keys.Count == 1) field = name;
                    if (!keys.Peek().Add(name)) return $"field {name} appears twice";
                    break;
                case JsonTokenType.String:
                    // The bytes are sound UTF-8, so only an escape can hold half a pair.
                    if (reader.ValueIsEscaped && TextOf(ref reader) is null) return $"field {field}: broken character (lone surrogate)";
                    break;
                case JsonTokenType.Number:
                    if (!reader.TryGetDouble(out var number) || !double.IsFinite(number)) return $"field {field}: the number is too large";
                    break;
            }
        }

        return "JSON ends too early";
    }

    private static string? TextOf(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static string? Rest(ReadOnlySpan<byte> rest) =>
        rest.Trim(" \t\r"u8).IsEmpty ? null : "text after the end of the object (one object a line)";

    private static string Unreadable(ReadOnlySpan<byte> line, JsonException e)
    {
        var position = (int)Math.Clamp(e.BytePositionInLine ?? 0, 0, line.Length);
        if (e.LineNumber > 0) position = line.Length;
        if (position >= line.Length) return "JSON ends too early";
        var rest = line[position..];
        if (rest.StartsWith("NaN"u8)) return "NaN is not allowed";

        // In -Infinity the reader stops after the sign.
        if (rest.StartsWith("Infinity"u8) || rest.StartsWith("-Infinity"u8)) return "Infinity is not allowed";
        var column = Encoding.UTF8.GetCharCount(line[..position]) + 1;
        return $"column {column}: not valid JSON";
    }

    private static string NotUtf8(ReadOnlySpan<byte> line)
    {
        var at = FirstInvalid(line);
        var (lead, trail) = (line[at], at + 1 < line.Length ? line[at + 1] : (byte)0);
        var gbk = lead is >= 0x81 and <= 0xFE && trail is >= 0x40 and <= 0xFE and not 0x7F;
        return $"not UTF-8 at byte {at + 1}{(gbk ? " (looks like GBK)" : "")}; save the file as UTF-8";
    }

    private static int FirstInvalid(ReadOnlySpan<byte> line)
    {
        var at = 0;
        while (at < line.Length && Rune.DecodeFromUtf8(line[at..], out _, out var used) == System.Buffers.OperationStatus.Done) at += used;
        return Math.Min(at, line.Length - 1);
    }

    private static string KindOf(JsonTokenType type) => type switch
    {
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => "text",
        JsonTokenType.Number => "a number",
        JsonTokenType.Null => "null",
        _ => "true or false",
    };
}
