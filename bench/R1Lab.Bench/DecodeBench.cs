using System.Diagnostics;
using System.Globalization;
using R1Lab.Bench.Training;
using R1Lab.Engine.Adapters;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Generation;
using R1Lab.Engine.Modeling;
using R1Lab.Engine.Training;
using TorchSharp;

namespace R1Lab.Bench;

/// <summary>Tokens a second of reading a prompt and of generating: alone, side by side, with an adapter; beside the bound that reading the weights sets.</summary>
internal static class DecodeBench
{
    private const int PromptLength = 256;

    private const long MostBoundParameters = 1 << 28;

    public static int Run(CommandOptions options)
    {
        var tokens = options.Number("--tokens", 64);
        torch.set_num_threads(options.Number("--threads", Environment.ProcessorCount));
        var device = options.Device();
        var dtype = Trainables.DtypeOf(Enum.Parse<TrainingDtype>(options.Text("--dtype") ?? "auto", ignoreCase: true), device);
        Console.WriteLine($"threads {torch.get_num_threads()}, prompt {PromptLength}, {tokens} new tokens, {dtype} on {MachineDescription.DeviceName(device)}");
        Console.WriteLine($"{"model",-14}{"parameters",12}{"prefill",10}{"alone",10}{"adapter",10}{"4 rows",10}{"8 rows",10}{"bound",10}   tokens/s");
        foreach (var name in options.Plain)
        {
            using var model = BenchModel.Open(name);
            Measure(model.Name, model.Folder, tokens, device, dtype);
        }

        if (options.Plain.Count == 0)
        {
            foreach (var (name, config) in Shapes()) WithRandomWeights(name, config, tokens, device, dtype);
        }

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

    private static void WithRandomWeights(string name, DecoderConfig config, int tokens, ComputeDevice device, torch.ScalarType dtype)
    {
        var folder = Directory.CreateTempSubdirectory("r1lab-bench-").FullName;
        try
        {
            using (var decoder = ModelLoader.CreateRandom(config, ComputeDevice.Cpu, torch.ScalarType.Float32, 1)) ModelLoader.Save(decoder, folder, torch.ScalarType.Float32);
            Measure(name, folder, tokens, device, dtype);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Measure(string name, string folder, int tokens, ComputeDevice device, torch.ScalarType dtype)
    {
        using var model = LoadedModel.Load(folder, device, dtype);
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
            $"{name,-14}{parameters,12:N0}{prefill,10:F0}{Rate(1),10:F1}{Rate(1, "tuned"),10:F1}{Rate(4),10:F1}{Rate(8),10:F1}{Bound(parameters, device, dtype),10:F1}"));
    }

    private static (double Prefill, double Decode) Generate(GenerationEngine engine, LoadedModel model, int rows, int tokens, string? adapter)
    {
        var prompt = Enumerable.Range(0, PromptLength).Select(i => i * 31 % model.Decoder.Config.VocabSize).ToArray();
        var settings = new GenerationSettings { Temperature = 0, MaxNewTokens = tokens, IgnoreEos = true };
        var results = Task.WhenAll(Enumerable.Range(0, rows).Select(_ => engine.GenerateAsync(new(prompt, settings, adapter)))).GetAwaiter().GetResult();
        var first = results.Max(r => r.FirstTokenAfter).TotalSeconds;
        return (PromptLength * rows / first, rows * (tokens - 1) / Math.Max(results.Max(r => r.Elapsed).TotalSeconds - first, 1e-9));
    }

    // One row reads every weight once a token: how often that fits into a second, by reading as many bytes. Of a large model a part, which no cache holds.
    private static double Bound(long parameters, ComputeDevice device, torch.ScalarType dtype)
    {
        using var noGrad = torch.no_grad();
        using var scope = torch.NewDisposeScope();
        var columns = 1024L;
        var rows = Math.Max(Math.Min(parameters, MostBoundParameters) / columns, 1);
        var weights = torch.zeros(rows, columns, dtype: dtype, device: device.Torch);
        var x = torch.zeros(1, columns, dtype: dtype, device: device.Torch);
        var passes = (int)Math.Clamp(2_000_000_000 / (rows * columns), 3, 200);
        torch.nn.functional.linear(x, weights).Dispose();
        Synchronize();
        var watch = Stopwatch.StartNew();
        for (var i = 0; i < passes; i++) torch.nn.functional.linear(x, weights).Dispose();
        Synchronize();
        return passes / watch.Elapsed.TotalSeconds * (rows * columns) / Math.Max(parameters, columns);

        void Synchronize()
        {
            if (device.IsCuda) torch.cuda.synchronize(device.Torch);
        }
    }
}
