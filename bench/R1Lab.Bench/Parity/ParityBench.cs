using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using R1Lab.Bench.Training;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Modeling;

namespace R1Lab.Bench.Parity;

/// <summary>
/// Whether others read what the product writes: adapters by PEFT, a model and <c>trainer_state.json</c> by transformers, curves by TensorBoard, where the
/// machine's Python has them. Each must evaluate to the loss that the trainer saw itself.
/// </summary>
internal static class ParityBench
{
    private const double Tolerance = 1e-4;

    public static int Run(CommandOptions options)
    {
        using var model = BenchModel.Open(options.Plain.FirstOrDefault() ?? "demo");
        var work = Directory.CreateTempSubdirectory("r1lab-parity-").FullName;
        try
        {
            var cases = Train(model.Folder, work, options.Text("--device") == "cpu" ? ComputeDevice.Cpu : ComputeDevice.Default());
            if (Ask(options.Text("--python") ?? "python3", Path.Combine(work, "manifest.json")) is not { } said) return 1;
            var rows = cases.Zip(said["cases"]!.AsArray(), Compare).ToList();
            if (options.Text("--json") is { } file) File.WriteAllText(file, $"{Report(said, rows).ToJsonString(MeasuredRun.Json)}\n");
            return rows.All(row => (bool)row["agrees"]!) ? 0 : 1;
        }
        finally
        {
            Directory.Delete(work, recursive: true);
        }
    }

    private static List<ParityCase> Train(string model, string work, ComputeDevice device)
    {
        var vocabulary = DecoderConfig.Parse(ModelFolder.Open(model).ConfigJson, model).VocabSize;
        var (train, evaluation) = (MeasuredRun.RandomRows(16, 48, vocabulary), MeasuredRun.RandomRows(4, 48, vocabulary, seed: 2));
        var cases = ParityCase.Recipes.Keys.Select(method => ParityCase.Run(method, model, Path.Combine(work, method), train, evaluation, device)).ToList();
        var manifest = new JsonObject
        {
            ["base"] = Path.GetFullPath(model),
            ["rows"] = JsonSerializer.SerializeToNode(evaluation.Select(row => row.InputIds)),
            ["cases"] = new JsonArray([.. cases.Select(one => new JsonObject { ["adapter"] = one.Adapter, ["model"] = one.Model, ["logs"] = one.Logs })]),
        };
        File.WriteAllText(Path.Combine(work, "manifest.json"), manifest.ToJsonString());
        return cases;
    }

    private static JsonObject? Ask(string python, string manifest)
    {
        var start = new ProcessStartInfo(python) { RedirectStandardOutput = true, UseShellExecute = false };
        start.ArgumentList.Add(SourcePlace.Find("bench", "peers", "hf_reads.py") ?? throw new FileNotFoundException("bench/peers/hf_reads.py was not found above the working folder."));
        start.ArgumentList.Add(manifest);
        try
        {
            using var process = Process.Start(start)!;
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            var said = JsonNode.Parse(output.Trim().Split('\n')[^1])!.AsObject();
            if (said["missing"] is not { } missing) return said;
            Console.WriteLine($"not compared: this machine's Python has no {missing}");
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or JsonException)
        {
            Console.WriteLine($"not compared: {python} did not run: {e.Message}");
        }

        return null;
    }

    private static JsonObject Compare(ParityCase ours, JsonNode? theirs)
    {
        var loss = (double)theirs!["loss"]!;
        var curve = theirs["scalars"]?["train/loss"]?.AsArray().Select(point => (double)point![1]!).ToList();
        // TensorBoard keeps float32.
        var curveAgrees = curve is null || (curve.Count == ours.TrainLosses.Count && curve.Zip(ours.TrainLosses).All(pair => Near(pair.First, pair.Second, 1e-6)));
        var logged = theirs["logged"]!.AsArray().Select(value => (double)value!).ToList();
        var agrees = Near(loss, ours.Loss, Tolerance) && curveAgrees && logged.Count == ours.TrainLosses.Count && logged.Zip(ours.TrainLosses).All(pair => Near(pair.First, pair.Second, 1e-3));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{ours.Method,-10} loss {ours.Loss:F6}, read by others {loss:F6}, TensorBoard {(curve is null ? "not there" : $"{curve.Count} points")}: {(agrees ? "agrees" : "DIFFERS")}"));
        return new JsonObject { ["method"] = ours.Method, ["loss"] = ours.Loss, ["loss_read_by_others"] = loss, ["tensorboard_points"] = curve?.Count, ["agrees"] = agrees };
    }

    private static bool Near(double a, double b, double tolerance) => Math.Abs(a - b) <= tolerance * Math.Max(Math.Abs(a), Math.Abs(b));

    private static JsonObject Report(JsonObject said, IReadOnlyList<JsonObject> rows) => new()
    {
        ["machine"] = MachineDescription.Now(),
        ["read_by"] = (string)said["by"]!,
        ["rows"] = new JsonArray([.. rows]),
    };
}
