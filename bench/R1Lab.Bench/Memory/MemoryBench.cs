using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using R1Lab.Bench.Training;
using R1Lab.Engine.Training;

namespace R1Lab.Bench.Memory;

/// <summary>The memory plan beside the peak of real runs, one fresh process a recipe.</summary>
internal static class MemoryBench
{
    private const double Most = 0.15;

    public static int Run(CommandOptions options)
    {
        var device = options.Device();
        using var model = BenchModel.Open(options.Plain.FirstOrDefault() ?? "demo");
        Console.WriteLine(device.IsCuda
            ? $"{"recipe",-34}{"plan MB",10}{"held MB",10}{"off",8}{"tensors MB",12}{"off",15}  moment"
            : $"{"recipe",-34}{"plan MB",10}{"peak MB",10}{"off",8}{"program MB",12}{"off beyond it",15}  moment");
        var rows = new List<MemoryRow>();
        foreach (var place in MemoryCase.Places(large: device.IsCuda && model.Name != "demo"))
        {
            rows.Add(MemoryRow.Of(place, model.Folder, device: device));
            Print(rows[^1]);
        }

        if (options.Text("--json") is { } file) File.WriteAllText(file, $"{Report(model.Name, rows).ToJsonString(MeasuredRun.Json)}\n");
        return rows.TrueForAll(row => Math.Abs(row.Error) <= Most) ? 0 : 1;
    }

    private static void Print(MemoryRow row) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"{row.Name,-34}{row.Plan.TotalBytes / 1e6,10:F0}{row.Peak / 1e6,10:F0}{row.Error,8:P0}{(row.Measured.Device?.Allocated ?? row.Measured.Baseline) / 1e6,12:F0}{row.ErrorOfTensors ?? row.ErrorBeyondProgram,15:P0}  {row.Plan.Moment}: {Shares(row)}"));

    private static string Shares(MemoryRow row) => string.Join(", ", row.Plan.Shares.Select(share => string.Create(CultureInfo.InvariantCulture, $"{share.Part} {share.Bytes / 1e6:F0}")));

    private static JsonObject Report(string model, IReadOnlyList<MemoryRow> rows) => new()
    {
        ["machine"] = MachineDescription.Now(),
        ["model"] = model,
        ["rows"] = new JsonArray([.. rows.Select(row => new JsonObject
        {
            ["name"] = row.Name,
            ["recipe"] = JsonNode.Parse(MemoryCase.All.First(one => one.Name == row.Name).Recipe.ToJson()),
            ["planned_bytes"] = row.Plan.TotalBytes,
            ["peak_bytes"] = row.Measured.Peak,
            ["program_bytes"] = row.Measured.Baseline,
            ["device_peak"] = JsonSerializer.SerializeToNode(row.Measured.Device, MeasuredRun.Json),
            ["off"] = Math.Round(row.Error, 4),
            ["off_beyond_program"] = row.Measured.Device is null ? Math.Round(row.ErrorBeyondProgram, 4) : null,
            ["off_of_tensors"] = row.ErrorOfTensors is { } tensors ? Math.Round(tensors, 4) : null,
            ["moment"] = JsonSerializer.SerializeToNode($"{row.Plan.Moment}", TrainingRecipe.Json),
            ["shares"] = new JsonObject(row.Plan.Shares.Select(share => KeyValuePair.Create<string, JsonNode?>($"{share.Part}", share.Bytes))),
        })]),
    };
}
