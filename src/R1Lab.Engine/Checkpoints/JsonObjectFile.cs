using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace R1Lab.Engine.Checkpoints;

/// <summary>Reads small JSON files that came from outside, strictly: one object, UTF-8, no name twice, no broken characters.</summary>
internal static class JsonObjectFile
{
    /// <summary>Config files are a few kilobytes.</summary>
    private const long MostBytes = 4_000_000;

    /// <summary>The index of a very large model has 10 MB.</summary>
    public const long MostIndexBytes = 64_000_000;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 64 };
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <exception cref="BadInputException">The file is missing, too large, or not such JSON.</exception>
    public static JsonObject Read(string path, long mostBytes = MostBytes)
    {
        var bytes = ReadBytes(path, mostBytes);
        var text = bytes.AsSpan().StartsWith("\uFEFF"u8) ? bytes.AsMemory(3) : bytes;
        if (!System.Text.Unicode.Utf8.IsValid(text.Span)) throw new BadInputException(path, null, "file_not_utf8", $"the file is not valid UTF-8");
        return Parse(path, PythonNumbers.Quoted(text.Span) is { } quoted ? quoted : text.Span);
    }

    /// <summary>Reads a file, changes it and writes it elsewhere; the numbers that only Python writes stay as they were.</summary>
    /// <exception cref="BadInputException">The source is missing, too large, or not such JSON.</exception>
    public static void Rewrite(string source, string target, Action<JsonObject> change)
    {
        var json = Read(source);
        change(json);
        var text = json.ToJsonString(Indented);
        if (PythonNumbers.Quoted(ReadBytes(source, MostBytes)) is not null) text = PythonNumbers.Unquoted(text);
        DurableFile.WriteAllText(target, $"{text}\n");
    }

    private static JsonObject Parse(string path, ReadOnlySpan<byte> text)
    {
        try
        {
            CheckText(path, text);
            return JsonNode.Parse(text, documentOptions: Strict) as JsonObject ?? throw new BadInputException(path, null, "not_json_object", $"must be a JSON object");
        }
        catch (JsonException e)
        {
            throw new BadInputException(path, e.LineNumber is { } line ? $"line {line + 1}" : null, "json_broken", $"not valid JSON: {Reason(e)}");
        }
    }

    private static byte[] ReadBytes(string path, long mostBytes)
    {
        try
        {
            return BoundedFile.ReadAllBytes(path, mostBytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException(path, null, e is FileNotFoundException or DirectoryNotFoundException
                ? Fault.Of("file_missing", $"the file is missing")
                : Fault.Of("file_unreadable", $"the file cannot be read: {e.Message}"));
        }
    }

    // The tree is built lazily, and a lone surrogate would surface much later as another exception: every text is looked at once here.
    private static void CheckText(string path, ReadOnlySpan<byte> text)
    {
        var reader = new Utf8JsonReader(text);
        while (reader.Read())
        {
            if (!reader.ValueIsEscaped || reader.TokenType is not (JsonTokenType.String or JsonTokenType.PropertyName)) continue;
            try
            {
                reader.GetString();
            }
            catch (InvalidOperationException)
            {
                throw new BadInputException(path, $"byte {reader.TokenStartIndex}", "broken_character", $"broken character (lone surrogate)");
            }
        }
    }

    private static string Reason(JsonException e)
    {
        var message = e.Message;
        var end = message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        if (end < 0) end = message.IndexOf(" Path:", StringComparison.Ordinal);
        return end < 0 ? message : message[..end];
    }
}
