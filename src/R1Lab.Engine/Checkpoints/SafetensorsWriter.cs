using System.Buffers.Binary;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using R1Lab.Engine.Native;
using static TorchSharp.torch;

namespace R1Lab.Engine.Checkpoints;

/// <summary>
/// Writes safetensors files with the layout Hugging Face's library gives them: header padded with spaces to 8 bytes, tensors by falling type, then by name.
/// One tensor at a time is brought to the CPU, so memory stays at the largest tensor.
/// </summary>
public static class SafetensorsWriter
{
    private static readonly JsonWriterOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private static readonly IReadOnlyDictionary<string, string> PyTorch = new Dictionary<string, string>(StringComparer.Ordinal) { ["format"] = "pt" };

    /// <summary>Writes the file durably (<see cref="DurableFile"/>): after a failure the old file, if any, is untouched.</summary>
    /// <param name="path">The file to make.</param>
    /// <param name="tensors">Names and tensors, on any device, with any strides.</param>
    /// <param name="metadata">Strings for <c>__metadata__</c>; null writes <c>{"format":"pt"}</c>, which Hugging Face's loaders ask for.</param>
    /// <param name="dtype">When given, floating tensors are converted to it while they are written.</param>
    /// <exception cref="ArgumentException">A name is used twice or is <c>__metadata__</c>, or a type is none the format has.</exception>
    public static void Write(
        string path, IEnumerable<KeyValuePair<string, Tensor>> tensors, IReadOnlyDictionary<string, string>? metadata = null, ScalarType? dtype = null)
    {
        var planned = Plan(tensors, dtype);
        var header = Header(planned, metadata ?? PyTorch);
        DurableFile.Write(path, stream => WriteAll(stream, header, planned), header.Length + planned.Sum(p => p.Bytes));
    }

    /// <summary>Bytes a tensor takes in a file.</summary>
    internal static long BytesOf(Tensor tensor, ScalarType? dtype) => tensor.NumberOfElements * (TypeOf(tensor, dtype).Bits / 8);

    private sealed record Planned(string Name, byte[] Utf8Name, Tensor Tensor, SafetensorsDtype Type, long Bytes);

    private static List<Planned> Plan(IEnumerable<KeyValuePair<string, Tensor>> tensors, ScalarType? dtype)
    {
        var strict = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
        var planned = tensors.Select(t => new Planned(t.Key, strict.GetBytes(t.Key), t.Value, TypeOf(t.Value, dtype), BytesOf(t.Value, dtype))).ToList();
        var names = new HashSet<string>(StringComparer.Ordinal) { "__metadata__" };
        if (planned.Find(p => !names.Add(p.Name)) is { } twice) throw new ArgumentException($"The tensor name {twice.Name} is reserved or used twice.", nameof(tensors));
        planned.Sort(Compare);
        return planned;
    }

    private static int Compare(Planned a, Planned b)
    {
        var byType = SafetensorsDtype.Rank(b.Type.Scalar!.Value).CompareTo(SafetensorsDtype.Rank(a.Type.Scalar!.Value));
        return byType != 0 ? byType : a.Utf8Name.AsSpan().SequenceCompareTo(b.Utf8Name);
    }

    private static SafetensorsDtype TypeOf(Tensor tensor, ScalarType? dtype)
    {
        var type = dtype is { } wanted && tensor.is_floating_point() ? wanted : tensor.dtype;
        return SafetensorsDtype.Find(type) ?? throw new ArgumentException($"Tensors of type {type} cannot be stored as safetensors.", nameof(tensor));
    }

    private static byte[] Header(List<Planned> planned, IReadOnlyDictionary<string, string> metadata)
    {
        using var buffer = new MemoryStream();
        buffer.Write(stackalloc byte[SafetensorsHeader.LengthBytes]);
        using (var json = new Utf8JsonWriter(buffer, Relaxed))
        {
            json.WriteStartObject();
            WriteMetadata(json, metadata);
            var offset = 0L;
            foreach (var tensor in planned)
            {
                WriteEntry(json, tensor, offset);
                offset += tensor.Bytes;
            }

            json.WriteEndObject();
        }

        while (buffer.Length % 8 != 0) buffer.WriteByte((byte)' ');
        var header = buffer.ToArray();
        BinaryPrimitives.WriteUInt64LittleEndian(header, (ulong)(header.Length - SafetensorsHeader.LengthBytes));
        return header;
    }

    private static void WriteMetadata(Utf8JsonWriter json, IReadOnlyDictionary<string, string> metadata)
    {
        if (metadata.Count == 0) return;
        json.WriteStartObject("__metadata__");
        foreach (var (key, value) in metadata.OrderBy(m => m.Key, StringComparer.Ordinal)) json.WriteString(key, value);
        json.WriteEndObject();
    }

    private static void WriteEntry(Utf8JsonWriter json, Planned tensor, long offset)
    {
        json.WriteStartObject(tensor.Name);
        json.WriteString("dtype", tensor.Type.Name);
        json.WriteStartArray("shape");
        foreach (var size in tensor.Tensor.shape) json.WriteNumberValue(size);
        json.WriteEndArray();
        json.WriteStartArray("data_offsets");
        json.WriteNumberValue(offset);
        json.WriteNumberValue(offset + tensor.Bytes);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteAll(Stream stream, byte[] header, List<Planned> planned)
    {
        stream.Write(header);
        foreach (var tensor in planned)
        {
            if (tensor.Bytes > 0) WriteTensor(stream, tensor);
        }
    }

    private static unsafe void WriteTensor(Stream stream, Planned planned)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var plain = planned.Tensor.detach();
        if (plain.dtype != planned.Type.Scalar) plain = plain.to_type(planned.Type.Scalar!.Value);
        plain = plain.cpu().contiguous();
        StableAbi.Check(StableAbi.aoti_torch_get_data_ptr(plain.Handle, out var data), "data pointer");
        const int chunk = 1 << 24;
        for (var done = 0L; done < planned.Bytes; done += chunk)
            stream.Write(new ReadOnlySpan<byte>((byte*)data + done, (int)Math.Min(chunk, planned.Bytes - done)));
    }
}
