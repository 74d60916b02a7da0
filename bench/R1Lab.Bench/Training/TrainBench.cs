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
        Console.WriteLine($"{machine["processor"]}, {machine["cores"]} cores, {machine["threads"]} threads, libtorch {machine["libtorch"]}, device {machine["device"]}, training on {options.Device}; batch {options.Batch} x {options.Length}");
        Console.WriteLine(TrainingFigures.Header);
        var figures = new List<TrainingFigures>();
        var notes = new List<string>();
        var failed = false;
        foreach (var name in options.Models)
        {
            using var model = BenchModel.Open(name);
            foreach (var (method, way) in Rows(options)) failed |= !Add(TrainingRow.Measure(new(model.Name, model.Folder, method, options.Checkpointed(way))));
            if (options.HuggingFace) MeasurePeer(model);
        }

        if (options.Json is { } file) File.WriteAllText(file, $"{Report(machine, figures, notes).ToJsonString(Json)}\n");
        return failed ? 1 : 0;

        // The peer once for every way that the model's own rows went.
        void MeasurePeer(BenchModel model)
        {
            var ways = figures.Where(row => row.Model == model.Name).Select(row => row.Checkpointing).DefaultIfEmpty(options.Checkpointing).Distinct().ToList();
            foreach (var checkpointing in ways) Add(HuggingFacePeer.Measure(model, options with { Checkpointing = checkpointing }, Note));
        }

        void Note(string note)
        {
            notes.Add(note);
            Console.WriteLine(note);
        }

        bool Add(TrainingFigures? row)
        {
            if (row is null) return false;
            figures.Add(row);
            Console.WriteLine(row);
            return true;
        }
    }

    // QLoRA computes its layers again in any case.
    private static IEnumerable<(string Method, string Way)> Rows(TrainOptions options) => options.Methods
        .SelectMany(method => options.CheckpointingWays.Select(way => (method, way: way == "off" && method.Equals("qlora", StringComparison.OrdinalIgnoreCase) ? "on" : way)))
        .Distinct();

    private static JsonObject Report(JsonObject machine, IReadOnlyList<TrainingFigures> rows, IReadOnlyList<string> notes) => new()
    {
        ["machine"] = machine,
        ["rows"] = JsonSerializer.SerializeToNode(rows, Json),
        ["notes"] = notes.Count > 0 ? JsonSerializer.SerializeToNode(notes, Json) : null,
    };
}
