using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace R1Lab.Engine.Checkpoints;

/// <summary>
/// Reads and checks a safetensors header: <c>u64 length, JSON {"name":{"dtype","shape","data_offsets":[begin,end]},"__metadata__":{string:string}}</c>,
/// then the tensors' bytes, which must follow each other without overlap, hole or rest. Allocates in proportion to what the header truly holds.
/// </summary>
internal sealed class SafetensorsHeader
{
    /// <summary>The format's own limit on the header's length.</summary>
    public const long MaxLength = 100_000_000;

    public const int LengthBytes = 8;

    private const int MaxDimensions = 64;

    private const int MaxDepth = 64;

    private readonly string _source;
    private readonly long _dataStart;
    private readonly long _fileLength;

    private SafetensorsHeader(string source, long dataStart, long fileLength)
    {
        _source = source;
        _dataStart = dataStart;
        _fileLength = fileLength;
    }

    public Dictionary<string, TensorEntry> Tensors { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, string> Metadata { get; } = new(StringComparer.Ordinal);

    /// <summary>Checks the length field against the limit and the file before anything of that size is touched.</summary>
    public static int ReadLength(string source, ReadOnlySpan<byte> first, long fileLength)
    {
        if (first.Length < LengthBytes)
            throw new BadInputException(source, "header length", "header_too_small", $"the file is too small: the header length needs 8 bytes, the file has {first.Length}");
        var length = BinaryPrimitives.ReadUInt64LittleEndian(first);
        if (length > MaxLength) throw new BadInputException(source, "header length", TooLong(length, first, fileLength));
        if ((long)length > fileLength - LengthBytes)
            throw new BadInputException(source, "header length", "header_past_end", $"header length {length} goes past the end of the file ({fileLength} bytes)");
        if (length == 0) throw new BadInputException(source, "header length", "header_missing", $"header length is 0: the header is missing");
        return (int)length;
    }

    public static SafetensorsHeader Parse(string source, ReadOnlySpan<byte> json, long fileLength)
    {
        if (!Utf8.IsValid(json))
            throw new BadInputException(source, $"header byte {FirstInvalid(json)}", "header_not_utf8", $"the header is not valid UTF-8");
        if (json[0] != (byte)'{') throw NoObject(source, json);
        var header = new SafetensorsHeader(source, LengthBytes + json.Length, fileLength);
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
        try
        {
            header.ReadRoot(ref reader);
        }
        catch (JsonException)
        {
            throw NotJson(source, json);
        }

        header.CheckLayout();
        return header;
    }

    private void ReadRoot(ref Utf8JsonReader reader)
    {
        reader.Read();
        var metadataSeen = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = Text(ref reader, "a name in the header");
            reader.Read();
            if (name != "__metadata__")
            {
                var entry = ReadTensor(ref reader, name);
                if (!Tensors.TryAdd(name, entry)) throw Bad(name, "tensor_name_twice", $"duplicate tensor name {name}");
                continue;
            }

            if (metadataSeen) throw new BadInputException(_source, name, "metadata_twice", $"duplicate: __metadata__ appears twice");
            metadataSeen = true;
            ReadMetadata(ref reader);
        }

        while (reader.Read()) { } // anything but padding after the object is an error the reader reports
    }

    private void ReadMetadata(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
            throw new BadInputException(_source, "__metadata__", "metadata_kind", $"__metadata__ must be an object of strings, is {Kind(reader.TokenType)}");
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var key = Text(ref reader, "__metadata__");
            reader.Read();
            if (reader.TokenType != JsonTokenType.String)
                throw new BadInputException(_source, $"__metadata__.{key}", "metadata_value", $"__metadata__ values must be strings: {key} is {Kind(reader.TokenType)}");
            if (!Metadata.TryAdd(key, Text(ref reader, $"__metadata__.{key}")))
                throw new BadInputException(_source, $"__metadata__.{key}", "key_twice", $"duplicate key {key}");
        }
    }

    private TensorEntry ReadTensor(ref Utf8JsonReader reader, string name)
    {
        if (reader.TokenType != JsonTokenType.StartObject) throw Bad(name, "tensor_description", $"its description must be an object, is {Kind(reader.TokenType)}");
        string? dtype = null;
        ulong[]? shape = null, offsets = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var field = Text(ref reader, $"tensor \"{name}\"");
            reader.Read();
            switch (field)
            {
                case "dtype":
                    if (dtype is not null) throw Bad(name, "tensor_field_twice_dtype", $"duplicate field dtype");
                    if (reader.TokenType != JsonTokenType.String) throw Bad(name, "tensor_dtype_text", $"dtype must be text, is {Kind(reader.TokenType)}");
                    dtype = Text(ref reader, $"tensor \"{name}\"");
                    break;
                case "shape":
                    if (shape is not null) throw Bad(name, "tensor_field_twice_shape", $"duplicate field shape");
                    shape = ReadNumbers(ref reader, name, field, MaxDimensions);
                    break;
                case "data_offsets":
                    if (offsets is not null) throw Bad(name, "tensor_field_twice_offsets", $"duplicate field data_offsets");
                    offsets = ReadNumbers(ref reader, name, field, 2);
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }

        if (dtype is null) throw Bad(name, "tensor_no_dtype", $"field dtype is missing");
        if (shape is null) throw Bad(name, "tensor_no_shape", $"field shape is missing");
        if (offsets is null) throw Bad(name, "tensor_no_offsets", $"field data_offsets is missing");
        if (offsets.Length != 2) throw Bad(name, "tensor_offsets_count", $"data_offsets must be two numbers, has {offsets.Length}");
        return Entry(name, dtype, shape, offsets[0], offsets[1]);
    }

    private ulong[] ReadNumbers(ref Utf8JsonReader reader, string name, string field, int most)
    {
        if (reader.TokenType != JsonTokenType.StartArray) throw Bad(name, "tensor_list", $"{field} must be a list of numbers, is {Kind(reader.TokenType)}");
        var numbers = new List<ulong>(4);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (numbers.Count == most) throw Bad(name, "tensor_list_long", $"{field} has more than {most} numbers");
            if (reader.TokenType != JsonTokenType.Number) throw Bad(name, "tensor_list_whole", $"{field} must hold whole numbers, holds {Kind(reader.TokenType)}");
            if (!reader.TryGetUInt64(out var number)) throw Bad(name, "tensor_list_number", $"{field} holds {Clip(Encoding.UTF8.GetString(reader.ValueSpan))}, which is no whole number from 0 to 2^64-1");
            numbers.Add(number);
        }

        return [.. numbers];
    }

    private TensorEntry Entry(string name, string dtype, ulong[] shape, ulong begin, ulong end)
    {
        var type = SafetensorsDtype.Find(dtype) ?? throw Bad(name, "tensor_unknown_dtype", $"unknown dtype {Clip(dtype)}");
        if (end < begin) throw Bad(name, "tensor_offsets_order", $"data_offsets [{begin},{end}]: end is before begin");
        var shown = $"[{string.Join(',', shape)}]";
        if (!TryCount(shape, (ulong)type.Bits, out var bits)) throw Bad(name, "tensor_shape_overflow", $"shape {shown} is too large (overflow)");
        if (bits % 8 != 0) throw Bad(name, "tensor_shape_bits", $"shape {shown} of {dtype} does not fill whole bytes");
        if (bits / 8 != end - begin) throw Bad(name, "tensor_shape_bytes", $"shape {shown} of {dtype} is {bits / 8} bytes but data_offsets [{begin},{end}] cover {end - begin}");
        if (end > long.MaxValue - (ulong)_dataStart) throw Bad(name, "tensor_offsets_overflow", $"data_offsets [{begin},{end}] are too large (overflow)");
        var sizes = Array.ConvertAll(shape, size => (long)size);
        return new TensorEntry(name, type.Scalar ?? default, sizes, _dataStart + (long)begin, (long)(end - begin)) { Format = dtype };
    }

    // Multiplied in the order written, so that an overflow hidden by a later 0 is still an overflow; zeros are then left out once more for strides.
    private static bool TryCount(ulong[] shape, ulong bits, out ulong total)
    {
        total = 1;
        ulong withoutZeros = 1;
        try
        {
            foreach (var size in shape)
            {
                if (size > long.MaxValue) return false;
                total = checked(total * size);
                if (size != 0) withoutZeros = checked(withoutZeros * size);
            }

            total = checked(total * bits);
            return withoutZeros <= long.MaxValue;
        }
        catch (OverflowException)
        {
            return false;
        }
    }

    private void CheckLayout()
    {
        var order = Tensors.Values.ToArray();
        Array.Sort(order, (a, b) => a.Offset != b.Offset ? a.Offset.CompareTo(b.Offset) : a.Length != b.Length ? a.Length.CompareTo(b.Length) : string.CompareOrdinal(a.Name, b.Name));
        var next = _dataStart;
        TensorEntry? before = null;
        foreach (var entry in order)
        {
            if (entry.Offset < next) throw Bad(entry.Name, "tensor_overlap", $"tensor {entry.Name} overlaps tensor {before?.Name}: data_offsets {Offsets(entry)} begin before {next - _dataStart}");
            if (entry.Offset > next) throw Bad(entry.Name, "tensor_hole", $"{entry.Offset - next} unused bytes (hole) before tensor {entry.Name}: data_offsets {Offsets(entry)}");
            next = entry.Offset + entry.Length;
            if (next > _fileLength) throw Bad(entry.Name, "file_cut", $"the file is cut off: tensor {entry.Name} needs {entry.Length} bytes, {Math.Max(0, _fileLength - entry.Offset)} present");
            before = entry;
        }

        if (next < _fileLength) throw new BadInputException(_source, $"data byte {next - _dataStart}", "file_trailing", $"the file has {_fileLength - next} bytes after the last tensor");
    }

    private string Offsets(TensorEntry entry) => $"[{entry.Offset - _dataStart},{entry.Offset - _dataStart + entry.Length}]";

    private string Text(ref Utf8JsonReader reader, string place)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException) // a lone surrogate written as \ud800
        {
            throw new BadInputException(_source, place, "broken_character", $"broken character (lone surrogate)");
        }
    }

    private BadInputException Bad(string tensor, string code, FormattableString reason) => new(_source, $"tensor \"{Clip(tensor)}\"", code, reason);

    private static BadInputException NoObject(string source, ReadOnlySpan<byte> json) => new(source, "header byte 0", json[0] == (byte)'['
        ? Fault.Of("header_array", $"the header must be a JSON object, is an array")
        : Fault.Of("header_no_object", $"the header must be a JSON object and begin with {{"));

    // Read again as if more could follow: no complaint then means that the text simply stops.
    private static BadInputException NotJson(string source, ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, isFinalBlock: false, new JsonReaderState(new JsonReaderOptions { MaxDepth = MaxDepth }));
        var depth = 0;
        try
        {
            while (reader.Read()) depth = reader.CurrentDepth;
        }
        catch (JsonException)
        {
            return new BadInputException(source, $"header byte {reader.BytesConsumed}", depth >= MaxDepth - 1
                ? Fault.Of("header_json_deep", $"the header is not valid JSON: it is nested too deeply")
                : Fault.Of("header_json_character", $"the header is not valid JSON: a character is not allowed there"));
        }

        return new BadInputException(source, $"header byte {json.Length}", "header_json_cut", $"the header is not valid JSON: it ends too early");
    }

    private static int FirstInvalid(ReadOnlySpan<byte> bytes)
    {
        var position = 0;
        while (position < bytes.Length && Rune.DecodeFromUtf8(bytes[position..], out _, out var used) == System.Buffers.OperationStatus.Done) position += used;
        return position;
    }

    // What the first bytes of other files are as a length is enormous.
    private static Fault TooLong(ulong length, ReadOnlySpan<byte> first, long fileLength)
    {
        if (OtherFileOf(first) is { } other) return Fault.Of("header_of_other_file", $"header length {length} is over the limit {MaxLength} ({other})");
        return length > (ulong)(fileLength - LengthBytes)
            ? Fault.Of("header_too_long_past", $"header length {length} is over the limit {MaxLength} and goes past the end of the file ({fileLength} bytes)")
            : Fault.Of("header_too_long", $"header length {length} is over the limit {MaxLength}");
    }

    private static OtherFile? OtherFileOf(ReadOnlySpan<byte> first) => first switch
    {
        _ when first.StartsWith("GGUF"u8) => OtherFile.Gguf,
        _ when first.StartsWith("PK\x03\x04"u8) || first[0] == 0x80 => OtherFile.Pickle,
        _ when first.StartsWith("version "u8) => OtherFile.LfsPointer,
        _ => null,
    };

    private static string Kind(JsonTokenType token) => token switch
    {
        JsonTokenType.StartObject => "an object",
        JsonTokenType.StartArray => "an array",
        JsonTokenType.String => "text",
        JsonTokenType.Number => "a number",
        JsonTokenType.True or JsonTokenType.False => "true or false",
        _ => "null",
    };

    private static string Clip(string text) => text.Length <= 200 ? text : $"{text[..200]}...";
}
