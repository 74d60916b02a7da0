using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace R1Lab.Engine.Checkpoints;

/// <summary>Tells two model folders apart without reading gigabytes: see <see cref="ModelFolder.Fingerprint"/>.</summary>
internal static class ModelFingerprint
{
    private const int ReadWhole = 16 << 20;
    private const int SampleBytes = 1 << 14;
    private const int Samples = 256;

    private const int ChunkBytes = 1 << 20;

    private static readonly string[] TextFiles =
        ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "chat_template.jinja", GenerationDefaults.FileName];

    /// <summary>Over the parts, in their order.</summary>
    public static string Join(params string[] parts) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', parts))));

    /// <summary>Over the whole of every file that turns conversations into tokens.</summary>
    public static string OfText(string folder)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var templates = Path.Combine(folder, "additional_chat_templates");
        var more = Directory.Exists(templates) ? Directory.EnumerateFiles(templates, "*.jinja").Order(StringComparer.Ordinal) : Enumerable.Empty<string>();
        foreach (var file in TextFiles.Select(name => Path.Combine(folder, name)).Where(File.Exists).Concat(more))
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{Path.GetRelativePath(folder, file)}\n"));
            AppendWhole(hash, file, folder);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    public static string OfWeights(ModelFolder folder)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(folder.ConfigJson.ToJsonString()));
        if (folder.Kind == ModelFolderKind.Adapter)
        {
            using var file = SafetensorsFile.Open(Path.Combine(folder.Path, WeightFiles.Adapter));
            Append(hash, file);
        }
        else
        {
            using var weights = ModelWeights.Open(folder.Path);
            foreach (var file in weights.Files.OrderBy(f => Path.GetFileName(f.Path), StringComparer.Ordinal)) Append(hash, file);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void AppendWhole(IncrementalHash hash, string file, string folder)
    {
        try
        {
            using var stream = BoundedFile.OpenRead(file, folder);
            hash.AppendData(BitConverter.GetBytes(stream.Length));
            var chunk = new byte[ChunkBytes];
            for (int read; (read = stream.Read(chunk)) > 0;) hash.AppendData(chunk.AsSpan(0, read));
        }
        catch (Exception refused) when (refused is BadInputException or IOException or UnauthorizedAccessException)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(refused.Message)); // a file that may not be read, which its reader says in its own words
        }
    }

    private static void Append(IncrementalHash hash, SafetensorsFile file)
    {
        hash.AppendData(Encoding.UTF8.GetBytes(Path.GetFileName(file.Path)));
        hash.AppendData(BitConverter.GetBytes(file.Length));
        if (file.Length <= ReadWhole)
        {
            hash.AppendData(file.Bytes(0, (int)file.Length));
            return;
        }

        var header = BinaryPrimitives.ReadInt64LittleEndian(file.Bytes(0, SafetensorsHeader.LengthBytes)) + SafetensorsHeader.LengthBytes;
        hash.AppendData(file.Bytes(0, (int)header));
        var room = file.Length - SampleBytes - header;
        for (var i = 0; i <= Samples && room > 0; i++) hash.AppendData(file.Bytes(header + (long)((Int128)room * i / Samples), SampleBytes));
    }
}
