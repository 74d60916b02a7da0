using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Devices;
using R1Lab.Tests.Shared;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Checkpoints;

/// <summary>
/// Promise F7: whatever happens to a good file, the answer is our own exception or a file that can be read to its last tensor. R1LAB_FUZZ sets the number of mutants
/// (default 100,000; the loop also ends after 10 s unless the variable is set).
/// </summary>
public sealed class CheckpointFuzzTests : IDisposable
{
    private static readonly string[] Numbers =
        ["0", "-1", "1", "2", "7", "8", "16", "255", "4294967295", "4294967296", "9223372036854775807", "9223372036854775808", "18446744073709551615", "18446744073709551616", "1e3", "1.5", "null", "[]", "{}", "\"x\"", "true", "NaN"];

    private static readonly string[] Words = ["\"F32\"", "\"F64\"", "\"BF16\"", "\"U8\"", "\"F4\"", "\"F6_E2M3\"", "\"BOOL\"", "\"shape\"", "\"dtype\"", "\"data_offsets\"", "\"__metadata__\"", "\"\\ud800\"", "\"\"", "{", "}", "[", "]", ",", ":", "\\", "\0", "\u00e9", "GGUF"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Open_MutantsOfAGoodSafetensorsFile_OnlyOurOwnException()
    {
        var good = GoodFile();
        var path = _folder.Path("mutant.safetensors");

        var accepted = Run(1234, random =>
        {
            File.WriteAllBytes(path, MutateSafetensors(good, random));
            using var file = SafetensorsFile.Open(path);
            foreach (var (name, entry) in file.Tensors)
            {
                if (entry.Format is "F4" or "F6_E2M3" or "F6_E3M2") continue;
                using var tensor = file.Read(name, ComputeDevice.Cpu);
                if (tensor.NumberOfElements > 0) tensor.flatten()[^1].Dispose();
            }
        }, 1.0);

        Assert.True(accepted > 0); // data bytes may be anything
    }

    [Fact]
    public void Load_MutantsOfAdapterAndIndexFiles_OnlyOurOwnException()
    {
        var adapter = File.ReadAllBytes(ReferenceFiles.Golden("huggingface", "adapters", "lora_patterns", "adapter_config.json"));
        var generation = File.ReadAllBytes(ReferenceFiles.Golden("huggingface", "models", "qwen2", "generation_config.json"));
        var index = "{\"metadata\":{\"total_size\":8},\"weight_map\":{\"a\":\"one.safetensors\",\"b\":\"one.safetensors\"}}"u8.ToArray();
        using (NewDisposeScope()) SafetensorsWriter.Write(_folder.Path("one.safetensors"), [new("a", ones(1)), new("b", ones(1))]);

        Run(99, random =>
        {
            File.WriteAllBytes(_folder.Path("adapter_config.json"), MutateText(adapter, random));
            PeftAdapterConfig.Load(_folder.Root).ScaleOf("model.layers.0.self_attn.q_proj");
        }, 0.1);
        Run(100, random =>
        {
            File.WriteAllBytes(_folder.Path("generation_config.json"), MutateText(generation, random));
            GenerationDefaults.Load(_folder.Root, []);
        }, 0.05);
        Run(101, random =>
        {
            File.WriteAllBytes(_folder.Path("model.safetensors.index.json"), MutateText(index, random));
            ModelWeights.Open(_folder.Root).Dispose();
        }, 0.05);
    }

    private static int Run(int seed, Action<Random> attempt, double share)
    {
        var wanted = Environment.GetEnvironmentVariable("R1LAB_FUZZ") is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : (int?)null;
        var count = (int)((wanted ?? 100_000) * share);
        var clock = Stopwatch.StartNew();
        var accepted = 0;
        for (var i = 0; i < count && (wanted is not null || clock.Elapsed.TotalSeconds < 10 * share); i++)
        {
            try
            {
                attempt(new Random(seed * 1_000_003 + i));
                accepted++;
            }
            catch (BadInputException e)
            {
                Assert.False(string.IsNullOrWhiteSpace(e.Reason));
            }
            catch (Exception e)
            {
                Assert.Fail($"mutant {seed}/{i}: {e}");
            }
        }

        return accepted;
    }

    private static byte[] MutateSafetensors(byte[] good, Random random)
    {
        var headerLength = (int)BinaryPrimitives.ReadInt64LittleEndian(good);
        if (random.Next(10) == 0) return MutateBytes(good, random); // anywhere, length field included
        var header = MutateText(good[8..(8 + headerLength)], random);
        var data = random.Next(8) == 0 ? MutateBytes(good[(8 + headerLength)..], random) : good[(8 + headerLength)..];
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        return [.. length, .. header, .. data];
    }

    private static byte[] MutateText(byte[] text, Random random)
    {
        var result = text;
        for (var times = random.Next(1, 4); times > 0; times--)
        {
            result = random.Next(4) switch
            {
                0 => MutateBytes(result, random),
                1 => ReplaceNumber(result, Numbers[random.Next(Numbers.Length)], random),
                2 => Splice(result, random.Next(result.Length + 1), random.Next(3), Encoding.UTF8.GetBytes(Words[random.Next(Words.Length)])),
                _ => Splice(result, random.Next(result.Length + 1), 0, Slice(result, random)),
            };
        }

        return result;
    }

    private static byte[] MutateBytes(byte[] bytes, Random random)
    {
        if (bytes.Length == 0) return [(byte)random.Next(256)];
        var place = random.Next(bytes.Length);
        var copy = (byte[])bytes.Clone();
        switch (random.Next(5))
        {
            case 0:
                copy[place] ^= (byte)(1 << random.Next(8));
                return copy;
            case 1:
                copy[place] = (byte)random.Next(256);
                return copy;
            case 2:
                return copy[..place];
            case 3:
                return Splice(bytes, place, random.Next(1, 20), []);
            default:
                return Splice(bytes, place, 0, [(byte)random.Next(256)]);
        }
    }

    private static byte[] ReplaceNumber(byte[] text, string number, Random random)
    {
        var starts = Enumerable.Range(0, text.Length).Where(i => char.IsAsciiDigit((char)text[i]) && (i == 0 || !char.IsAsciiDigit((char)text[i - 1]))).ToList();
        if (starts.Count == 0) return text;
        var start = starts[random.Next(starts.Count)];
        var end = start;
        while (end < text.Length && char.IsAsciiDigit((char)text[end])) end++;
        return Splice(text, start, end - start, Encoding.UTF8.GetBytes(number));
    }

    private static byte[] Slice(byte[] bytes, Random random)
    {
        var start = random.Next(bytes.Length + 1);
        return bytes[start..Math.Min(bytes.Length, start + random.Next(60))];
    }

    private static byte[] Splice(byte[] bytes, int place, int removed, byte[] added) => [.. bytes[..place], .. added, .. bytes[Math.Min(bytes.Length, place + removed)..]];

    private byte[] GoodFile()
    {
        using var scope = NewDisposeScope();
        var path = _folder.Path("good.safetensors");
        SafetensorsWriter.Write(path,
            [new("a.weight", arange(6).to_type(ScalarType.Float32).reshape(2, 3)), new("b", ones(4, dtype: ScalarType.BFloat16)), new("空", zeros(0, 2)), new("s", tensor(3L)), new("m", ones(3, dtype: ScalarType.Bool))],
            new Dictionary<string, string> { ["format"] = "pt", ["说明"] = "x" });
        return File.ReadAllBytes(path);
    }
}
