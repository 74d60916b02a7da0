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

    /// <returns>What is wrong; null when the line is good.</returns>
    public static Fault? Check(ReadOnlySpan<byte> line)
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

    private static Fault? Walk(ref Utf8JsonReader reader, ReadOnlySpan<byte> line)
    {
        var keys = new Stack<HashSet<string>>();
        var field = "";
        while (reader.Read())
        {
            if (reader is { CurrentDepth: 0, TokenType: not (JsonTokenType.StartObject or JsonTokenType.EndObject) })
                return Fault.Of("line_not_object", $"must be a JSON object, is {KindOf(reader.TokenType)}");
            if (reader.CurrentDepth >= DeepestNesting) return Fault.Of("line_too_deep", $"nested too deeply (more than {DeepestNesting} levels)");
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
                    if (TextOf(ref reader) is not { } name) return Fault.Of("line_broken_name", $"a field name holds a broken character (lone surrogate)");
                    if (keys.Count == 1) field = name;
                    if (!keys.Peek().Add(name)) return Fault.Of("line_field_twice", $"field {name} appears twice");
                    break;
                case JsonTokenType.String:
                    // The bytes are sound UTF-8, so only an escape can hold half a pair.
                    if (reader.ValueIsEscaped && TextOf(ref reader) is null) return Fault.Of("line_broken_character", $"field {field}: broken character (lone surrogate)");
                    break;
                case JsonTokenType.Number:
                    if (!reader.TryGetDouble(out var number) || !double.IsFinite(number)) return Fault.Of("line_number_too_large", $"field {field}: the number is too large");
                    break;
            }
        }

        return Fault.Of("line_cut", $"JSON ends too early");
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

    private static Fault? Rest(ReadOnlySpan<byte> rest) =>
        rest.Trim(" \t\r"u8).IsEmpty ? null : Fault.Of("line_text_after", $"text after the end of the object (one object a line)");

    private static Fault Unreadable(ReadOnlySpan<byte> line, JsonException e)
    {
        var position = (int)Math.Clamp(e.BytePositionInLine ?? 0, 0, line.Length);
        if (e.LineNumber > 0) position = line.Length;
        if (position >= line.Length) return Fault.Of("line_cut", $"JSON ends too early");
        var rest = line[position..];
        if (rest.StartsWith("NaN"u8)) return Fault.Of("line_no_number", $"{"NaN"} is not allowed");

        // In -Infinity the reader stops after the sign.
        if (rest.StartsWith("Infinity"u8) || rest.StartsWith("-Infinity"u8)) return Fault.Of("line_no_number", $"{"Infinity"} is not allowed");
        var column = Encoding.UTF8.GetCharCount(line[..position]) + 1;
        return Fault.Of("line_not_json", $"column {column}: not valid JSON");
    }

    private static Fault NotUtf8(ReadOnlySpan<byte> line)
    {
        var at = FirstInvalid(line);
        var (lead, trail) = (line[at], at + 1 < line.Length ? line[at + 1] : (byte)0);
        var gbk = lead is >= 0x81 and <= 0xFE && trail is >= 0x40 and <= 0xFE and not 0x7F;
        return gbk
            ? Fault.Of("line_gbk", $"not UTF-8 at byte {at + 1} (looks like GBK); save the file as UTF-8")
            : Fault.Of("line_not_utf8", $"not UTF-8 at byte {at + 1}; save the file as UTF-8");
    }

    private static int FirstInvalid(ReadOnlySpan<byte> line)
    {
        var at = 0;
        while (at < line.Length && Rune.DecodeFromUtf8(line[at..], out _, out var used) == System.Buffers.OperationStatus.Done) at += used;
        return Math.Min(at, line.Length - 1);
    }

    private static JsonKind KindOf(JsonTokenType type) => type switch
    {
        JsonTokenType.StartArray => JsonKind.List,
        JsonTokenType.String => JsonKind.Text,
        JsonTokenType.Number => JsonKind.Number,
        JsonTokenType.Null => JsonKind.Null,
        _ => JsonKind.Boolean,
    };
}
