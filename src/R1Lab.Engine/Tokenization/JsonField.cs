using System.Text.Json;

namespace R1Lab.Engine.Tokenization;

/// <summary>A JSON value together with the file and the path it stands at, so that a complaint about it names both.</summary>
internal readonly record struct JsonField(string Source, string Path, JsonElement Value)
{
    /// <summary>tokenizer_config.json with thousands of added tokens has two megabytes.</summary>
    private const long MostBytes = 16_000_000;

    /// <summary>Reads a file whose root must be a JSON object. A byte order mark is skipped.</summary>
    /// <exception cref="BadInputException">The file is missing, is not JSON, ends too early, or its root is no object.</exception>
    public static JsonDocument ReadObject(string file, long mostBytes = MostBytes)
    {
        if (!File.Exists(file)) throw new BadInputException(file, null, "file_missing", $"the file is missing");
        var bytes = ReadBytes(file, mostBytes);
        try
        {
            return AsObject(file, JsonDocument.Parse(bytes));
        }
        catch (JsonException) when (PythonNumbers.Quoted(bytes.Span) is { } quoted)
        {
            return AsObject(file, ParseQuoted(file, quoted));
        }
        catch (JsonException error)
        {
            throw Malformed(file, bytes.Span, error);
        }
    }

    /// <summary>The member of that name, or null when it is absent or JSON null.</summary>
    public JsonField? Optional(string name)
    {
        if (Value.ValueKind != JsonValueKind.Object) throw Wrong("not_json_object", $"must be a JSON object");
        JsonElement? found = null;
        foreach (var member in Value.EnumerateObject())
        {
            if (!member.NameEquals(name)) continue;
            if (found is not null) throw Wrong("json_field_twice", $"field {name} is given twice");
            found = member.Value;
        }

        return found is null or { ValueKind: JsonValueKind.Null } ? null : new JsonField(Source, Child(name), found.Value);
    }

    public JsonField Required(string name) =>
        Optional(name) ?? throw new BadInputException(Source, Child(name), "json_field_missing", $"field {name} is missing");

    public IEnumerable<JsonField> Items()
    {
        if (Value.ValueKind != JsonValueKind.Array) throw Wrong("not_json_array", $"must be a JSON array");
        var (source, path, value) = this;
        return value.EnumerateArray().Select((item, index) => new JsonField(source, $"{path}[{index}]", item));
    }

    public string Text()
    {
        if (Value.ValueKind != JsonValueKind.String) throw Wrong("not_string", $"must be a string");
        try
        {
            return Value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Wrong("not_unicode", $"is not valid Unicode text (half of a surrogate pair)");
        }
    }

    public int Integer()
    {
        if (Value.ValueKind != JsonValueKind.Number || !Value.TryGetInt32(out var number)) throw Wrong("not_whole", $"must be a whole number");
        return number;
    }

    public bool Flag() => Value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Wrong("not_boolean", $"must be true or false"),
    };

    public bool FlagOf(string name, bool otherwise = false) => Optional(name)?.Flag() ?? otherwise;

    public BadInputException Wrong(string code, FormattableString reason) => new(Source, Path.Length == 0 ? "root" : Path, code, reason);

    private static JsonDocument AsObject(string file, JsonDocument document)
    {
        if (document.RootElement.ValueKind == JsonValueKind.Object) return document;
        document.Dispose();
        throw new BadInputException(file, "root", "not_json_object", $"must be a JSON object");
    }

    private static JsonDocument ParseQuoted(string file, byte[] quoted)
    {
        try
        {
            return JsonDocument.Parse(quoted);
        }
        catch (JsonException error)
        {
            throw Malformed(file, quoted, error);
        }
    }

    private static ReadOnlyMemory<byte> ReadBytes(string file, long mostBytes)
    {
        byte[] bytes;
        try
        {
            bytes = BoundedFile.ReadAllBytes(file, mostBytes);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{file}: cannot be read: {error.Message}", error);
        }

        return bytes.AsSpan().StartsWith("\uFEFF"u8) ? bytes.AsMemory(3) : bytes;
    }

    private static BadInputException Malformed(string file, ReadOnlySpan<byte> bytes, JsonException error)
    {
        var place = $"line {(error.LineNumber ?? 0) + 1}, byte {(error.BytePositionInLine ?? 0) + 1}";
        if (EndsTooEarly(bytes)) return new BadInputException(file, "end of file", "json_cut", $"not valid JSON: the file ends too early ({bytes.Length} bytes)");
        return new BadInputException(file, place, "json_invalid", $"not valid JSON");
    }

    /// <summary>All of it reads well as the beginning of something longer.</summary>
    private static bool EndsTooEarly(ReadOnlySpan<byte> bytes)
    {
        var reader = new Utf8JsonReader(bytes, isFinalBlock: false, default);
        try
        {
            while (reader.Read()) { }

            return reader.CurrentDepth > 0 || reader.TokenType == JsonTokenType.None || reader.BytesConsumed < bytes.Length;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private string Child(string name) => Path.Length == 0 ? name : $"{Path}.{name}";
}
