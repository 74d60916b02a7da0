using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using R1Lab.Engine.Native;
using TorchSharp;

namespace R1Lab.Bench.Training;

/// <summary>
/// The speed of optimizer steps beside what the machine's matrix product reaches in the same minute. Every row is a fresh process, so that its peak
/// memory is its own.
/// </summary>
internal static class TrainBench
{
    public static readonly JsonSerializerOptions Json = new(MeasuredRun.Json) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    public static int Run(TrainOptions options)
    {
        LibTorch.EnsureAvailable();
        torch.set_num_threads(options.Threads);
        var machine = MachineDescription.Now();
        Console.WriteLine($"{machine["processor"]}, {machine["cores"]} cores, {machine["threads"]} threads, libtorch {machine["libtorch"]}, device {machine["device"]}; batch {options.Batch} x {options.Length}");
        Console.WriteLine(TrainingFigures.Header);
        var figures = new List<TrainingFigures>();
        var failed = false;
        foreach (var name in options.Models)
        {
            using var model = BenchModel.Open(name);
            foreach (var method in options.Methods) failed |= !Add(TrainingRow.Measure(new(model.Name, model.Folder, method, options)));
            if (options.HuggingFace) Add(HuggingFacePeer.Measure(model, options));
        }

        if (options.Json is { } file) File.WriteAllText(file, $"{Report(machine, figures).ToJsonString(Json)}\n");
        return failed ? 1 : 0;

        bool Add(TrainingFigures? row)
        {
            if (row is null) return false;
            figures.Add(row);
            Console.WriteLine(row);
            return true;
        }
    }

    private static JsonObject Report(JsonObject machine, IReadOnlyList<TrainingFigures> rows) => new()
    {
        ["machine"] = machine,
        ["rows"] = JsonSerializer.SerializeToNode(rows, Json),
    };
}
