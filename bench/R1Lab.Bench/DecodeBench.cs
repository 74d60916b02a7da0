using System.Diagnostics;
using System.Globalization;
using R1Lab.Engine.Adapters;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Generation;
using R1Lab.Engine.Modeling;
using TorchSharp;

namespace R1Lab.Bench;

/// <summary>Tokens a second of reading a prompt and of generating: alone, side by side, with an adapter; beside the bound that reading the weights sets.</summary>
internal static class DecodeBench
{
    private const int PromptLength = 256;

    public static int Run(IReadOnlyList<string> args)
    {
        var tokens = Option(args, "--tokens") ?? 64;
        torch.set_num_threads(Option(args, "--threads") ?? Environment.ProcessorCount);
        Console.WriteLine($"threads {torch.get_num_threads()}, prompt {PromptLength}, {tokens} new tokens, float32 on the CPU");
        Console.WriteLine($"{"model",-14}{"parameters",12}{"prefill",10}{"alone",10}{"adapter",10}{"4 rows",10}{"8 rows",10}{"bound",10}   tokens/s");
        if (args.Count > 0 && !args[0].StartsWith("--", StringComparison.Ordinal)) Measure(args[0], args[0], tokens);
        else foreach (var (name, config) in Shapes()) WithRandomWeights(name, config, tokens);
        return 0;
    }

    private static IEnumerable<(string Name, DecoderConfig Config)> Shapes()
    {
        yield return ("demo 5M", Shape(hidden: 256, inner: 704, layers: 6, heads: 8, vocabulary: 2048));
        yield return ("0.1B", Shape(hidden: 768, inner: 2048, layers: 12, heads: 12, vocabulary: 32000));
    }

    private static DecoderConfig Shape(int hidden, int inner, int layers, int heads, int vocabulary) => new()
    {
        Family = DecoderFamily.Qwen3,
        VocabSize = vocabulary,
        HiddenSize = hidden,
        IntermediateSize = inner,
        LayerCount = layers,
        HeadCount = heads,
        KeyValueHeadCount = heads / 4,
        HeadDim = hidden / heads,
        MaxPositions = 2048,
        QkNorm = true,
        TieWordEmbeddings = true,
    };

    private static void WithRandomWeights(string name, DecoderConfig config, int tokens)
    {
        var folder = Directory.CreateTempSubdirectory("r1lab-bench-").FullName;
        try
        {
            using (var decoder = ModelLoader.CreateRandom(config, ComputeDevice.Cpu, torch.ScalarType.Float32, 1)) ModelLoader.Save(decoder, folder, torch.ScalarType.Float32);
            Measure(name, folder, tokens);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Measure(string name, string folder, int tokens)
    {
        using var model = LoadedModel.Load(folder, ComputeDevice.Cpu);
        var adapterFolder = Directory.CreateTempSubdirectory("r1lab-bench-adapter-").FullName;
        using (var adapter = AdapterSet.Create(model.Decoder, new LoraSettings { R = 16 }, 1)) adapter.Save(adapterFolder, name);
        model.AddAdapter("tuned", adapterFolder);
        Directory.Delete(adapterFolder, recursive: true);
        using var engine = new GenerationEngine(model);
        Generate(engine, model, rows: 1, tokens: 4, adapter: "tuned");
        var prefill = Generate(engine, model, rows: 1, tokens: 1, adapter: null).Prefill;
        double Rate(int rows, string? adapter = null) => Generate(engine, model, rows, tokens, adapter).Decode;
        var parameters = model.Decoder.Config.ParameterCount;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{Path.GetFileName(name),-14}{parameters,12:N0}{prefill,10:F0}{Rate(1),10:F1}{Rate(1, "tuned"),10:F1}{Rate(4),10:F1}{Rate(8),10:F1}{Bound(parameters),10:F1}"));
    }

    private static (double Prefill, double Decode) Generate(GenerationEngine engine, LoadedModel model, int rows, int tokens, string? adapter)
    {
        var prompt = Enumerable.Range(0, PromptLength).Select(i => i * 31 % model.Decoder.Config.VocabSize).ToArray();
        var settings = new GenerationSettings { Temperature = 0, MaxNewTokens = tokens, IgnoreEos = true };
        var results = Task.WhenAll(Enumerable.Range(0, rows).Select(_ => engine.GenerateAsync(new(prompt, settings, adapter)))).GetAwaiter().GetResult();
        var first = results.Max(r => r.FirstTokenAfter).TotalSeconds;
        return (PromptLength * rows / first, rows * (tokens - 1) / Math.Max(results.Max(r => r.Elapsed).TotalSeconds - first, 1e-9));
    }

    // One row reads every weight once a token: how often that fits into a second, by reading as many bytes.
    private static double Bound(long parameters)
    {
        using var noGrad = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var columns = 1024L;
        var weights = torch.zeros(Math.Max(parameters / columns, 1), columns);
        var x = torch.zeros(1, columns);
        var passes = (int)Math.Clamp(2_000_000_000 / parameters, 3, 200);
        torch.nn.functional.linear(x, weights).Dispose();
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < passes; i++) torch.nn.functional.linear(x, weights).Dispose();
        return passes / watch.Elapsed.TotalSeconds;
    }

    private static int? Option(IReadOnlyList<string> args, string name)
    {
        var at = args.ToList().IndexOf(name);
        return at >= 0 && at + 1 < args.Count ? int.Parse(args[at + 1], CultureInfo.InvariantCulture) : null;
    }
}
