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

    public static string Compute(ModelFolder folder)
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
