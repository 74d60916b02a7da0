using System.Diagnostics;
using System.Text.Json;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Bench;

/// <summary>
/// Writes a model folder of a published shape with random bfloat16 weights, for measurements that need the size and not the knowledge. Every tensor
/// is a window into one block of noise as large as the largest tensor, so no more than that is ever in memory.
/// </summary>
internal static class RandomModel
{
    private const int DistinctNumbers = 1 << 24;
    private const int Offsets = 4096;

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static int Run(string shape, string folder)
    {
        var config = PublishedShapes.All[shape];
        var watch = Stopwatch.StartNew();
        Write(config, folder);
        Console.WriteLine($"{shape}: {config.ParameterCount:N0} weights in {folder}, {watch.Elapsed.TotalSeconds:F0} s");
        return 0;
    }

    public static void Write(DecoderConfig config, string folder)
    {
        using var scope = NewDisposeScope();
        var shapes = Decoder.ParameterShapes(config);
        var noise = Noise(shapes.Values.Max(Count) + Offsets, config.InitializerRange);
        var ones = torch.ones(shapes.Values.Where(shape => shape.Length == 1).Max(Count), dtype: ScalarType.BFloat16);
        ShardedSafetensorsWriter.Write(folder, shapes.Select((named, i) => KeyValuePair.Create(named.Key, Window(named.Key, named.Value, i))));
        DurableFile.WriteAllText(Path.Combine(folder, ModelFolder.ConfigFileName), $"{config.ToJson("bfloat16").ToJsonString(Indented)}\n");

        Tensor Window(string name, long[] shape, int index) => name.EndsWith("norm.weight", StringComparison.Ordinal)
            ? ones.narrow(0, 0, Count(shape)).view(shape)
            : noise.narrow(0, index * 7 % Offsets, Count(shape)).view(shape);
    }

    private static long Count(long[] shape) => shape.Aggregate(1L, (product, size) => product * size);

    private static Tensor Noise(long count, double deviation)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        var block = empty(Math.Min(count, DistinctNumbers)).normal_(0, deviation, generator).to(ScalarType.BFloat16);
        var noise = empty(count, dtype: ScalarType.BFloat16);
        for (var start = 0L; start < count; start += block.numel())
        {
            var part = Math.Min(block.numel(), count - start);
            noise.narrow(0, start, part).copy_(block.narrow(0, 0, part));
        }

        return noise.MoveToOuterDisposeScope();
    }
}
