using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Training;

/// <summary>Promises D6 and D12: what a snapshot holds is all needed, and a full disk takes nothing.</summary>
public sealed class TrainerStateTests : IDisposable
{
    // At step 7 a pass and a window of losses are half done, the best checkpoint is an earlier one and patience is running out.
    private static readonly TrainingRecipe Recipe = TrainerEvaluationTests.Overfitting with
    {
        MaxSteps = null,
        NumTrainEpochs = 3,
        PerDeviceEvalBatchSize = 2,
        MetricForBestModel = BestMetric.EvalTokenAccuracy,
        EarlyStoppingPatience = 2,
        LoggingSteps = 5,
        SaveSteps = 100,
        SaveTotalLimit = null,
    };

    private readonly TrainingRuns _runs = new();

    public void Dispose() => _runs.Dispose();

    [Fact]
    public void D12_AnyPartOfTheStateLeftOut_ChangesTheRun()
    {
        var job = _runs.Job(Recipe);
        _runs.Run(job, stopAfter: 7);
        var snapshot = Path.Combine(job.OutputFolder, "snapshots", "step-000007");
        var straight = Outcome(job, _ => { });

        var fields = Leaves(JsonNode.Parse(File.ReadAllText(Path.Combine(snapshot, "state.json")))!).Where(path => path != "identity.recipe").ToList();
        Assert.Equal(straight, Outcome(job, folder => EditState(folder, _ => { })));
        Assert.DoesNotContain(fields, path => straight == Outcome(job, folder => EditState(folder, state => Change(state, path))));
        Assert.DoesNotContain(TensorGroups, group => straight == Outcome(job, folder => EditTensors(folder, tensors => Spoil(tensors, group))));
    }

    private static void Spoil(Dictionary<string, Tensor> tensors, string group)
    {
        foreach (var name in tensors.Keys.Where(name => name.StartsWith(group, StringComparison.Ordinal)).ToList()) tensors[name] = tensors[name] + 1;
    }

    [Fact]
    public void Resume_SnapshotOfAnEarlierVersion_FillsInWhatDidNotExist()
    {
        var recipe = TrainingRuns.Busy;
        var straight = _runs.Run(_runs.Job(recipe));
        var job = _runs.Job(recipe);
        _runs.Run(job, stopAfter: 5);
        var folder = Path.Combine(job.OutputFolder, "snapshots", "step-000005");

        EditState(folder, state =>
        {
            foreach (var name in new[] { "standing", "plan", "evaluation_batch" }) state.Remove(name);
            var old = JsonNode.Parse((string)state["identity"]!["recipe"]!)!.AsObject();
            foreach (var name in new[] { "quantization", "early_stopping_threshold", "load_best_model_at_end", "probe_prompts", "overlong_rows" }) Assert.True(old.Remove(name));
            state["identity"]!["recipe"] = old.ToJsonString();
        });
        EditTensors(folder, tensors => { foreach (var name in tensors.Keys.Where(name => name.StartsWith("row_losses/", StringComparison.Ordinal)).ToList()) tensors.Remove(name); });

        Assert.Equal(TrainingRuns.WeightsOf(straight), TrainingRuns.WeightsOf(_runs.Run(job)));
    }

    [Fact]
    public void D8_KilledInTheMiddleOfASnapshot_TheOneBeforeIsGoneOnFrom()
    {
        var recipe = TrainingRuns.Busy with { SaveSteps = 3 };
        var (job, killed) = (_runs.Job(recipe), _runs.Job(recipe));
        var written = 0;
        // The folder as it lies on disk while the second snapshot is half written.
        var straight = _runs.Run(job, whileWriting: () => { if (++written == 2) CopyFolder(job.OutputFolder, killed.OutputFolder); });
        _runs.Events.Clear();

        var resumed = _runs.Run(killed);

        Assert.Equal(3, Assert.Single(_runs.Events, e => e.Kind == "resumed").Step);
        Assert.Equal(TrainingRuns.WeightsOf(straight), TrainingRuns.WeightsOf(resumed));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(killed.OutputFolder, "snapshots"), "*tmp*"));
    }

    [Fact]
    public void D6_DiskFullWhileASnapshotIsWritten_LeavesTheOldOnesAndGoesOnLater()
    {
        var recipe = TrainingRuns.Busy with { SaveSteps = 3 };
        var straight = _runs.Run(_runs.Job(recipe));
        var job = _runs.Job(recipe);
        var written = 0;

        var e = Assert.Throws<NotEnoughSpaceException>(() => _runs.Run(job, whileWriting: () => { if (++written == 2) throw new IOException("No space left on device", 28); }));

        Assert.Equal(["rows.bin", "step-000003"], Directory.GetFileSystemEntries(Path.Combine(job.OutputFolder, "snapshots")).Select(Path.GetFileName).Order());
        Assert.True(e.NeededBytes > 100_000 && e.FreeBytes > 0);
        Assert.Equal(TrainingRuns.WeightsOf(straight), TrainingRuns.WeightsOf(_runs.Run(job)));
    }

    [Fact]
    public void D6_DiskTooSmall_IsSaidWithItsNumbersBeforeAnythingIsWritten()
    {
        var disk = Directory.CreateTempSubdirectory("r1lab-disk-").FullName;
        Assert.SkipUnless(Command("mount", "-t", "tmpfs", "-o", "size=320k", "tmpfs", disk), "A small file system can be mounted only by an administrator.");
        try
        {
            var job = _runs.Job(TrainingRuns.Busy with { SaveSteps = 3 }) with { OutputFolder = disk };

            var e = Assert.Throws<NotEnoughSpaceException>(() => _runs.Run(job));

            Assert.Equal(3, Directory.GetFileSystemEntries(disk).Length);
            Assert.Equal(["rows.bin", "step-000003"], Directory.GetFileSystemEntries(Path.Combine(disk, "snapshots")).Select(Path.GetFileName).Order());
            Assert.True(e.FreeBytes < e.NeededBytes && e.NeededBytes < 320 * 1024);
            Assert.Contains($"{e.NeededBytes} bytes are needed, {e.FreeBytes} bytes are free", e.Message, StringComparison.Ordinal);
        }
        finally
        {
            Command("umount", disk);
            Directory.Delete(disk, recursive: true);
        }
    }

    private static bool Command(string name, params string[] arguments)
    {
        try
        {
            using var process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(name, arguments) { RedirectStandardError = true, UseShellExecute = false })!;
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }

    private static readonly string[] TensorGroups = ["parameter/", "first_moment/", "second_moment/", "row_losses/sums", "row_losses/tokens", "row_losses/rows", "row_losses/epochs"];

    // All that is seen of a run that goes on from the snapshot: stopped again at once, stopped after a step, and at its end.
    private string Outcome(TrainingJob job, Action<string> change)
    {
        var copy = job with { OutputFolder = _runs.NewFolder() };
        CopyFolder(job.OutputFolder, copy.OutputFolder);
        change(Path.Combine(copy.OutputFolder, "snapshots", "step-000007"));
        _runs.Metrics.Clear();
        _runs.Passes.Clear();
        _runs.Events.Clear();
        var passes = new List<(int, bool)>();
        try
        {
            var stopped = _runs.Run(copy, stopAfter: 0);
            var next = _runs.Run(copy, stopAfter: 8);
            var finished = _runs.Run(copy, beforePass: (batch, trains) => passes.Add((batch.Lines, trains)));
            var state = Path.Combine(next.OutputPath, "state.json");
            var plan = File.Exists(state) ? JsonNode.Parse(File.ReadAllText(state))!["plan"]!.ToJsonString() : "";
            var events = _runs.Events.Select(told => $"{told.Kind} {string.Join(' ', told.Arguments)}");
            return string.Join("\n", [.. _runs.Told(), .. passes, .. events, plan, stopped.FinalLoss, stopped.FinalEvalLoss, finished.ResultStep, Convert.ToHexString(SHA256.HashData(TrainingRuns.WeightsOf(finished)))]);
        }
        catch (Exception e) when (e is ResumeRefusedException or BadInputException or InvalidOperationException)
        {
            return e.Message;
        }
    }

    private static IEnumerable<string> Leaves(JsonNode node, string path = "") => node is JsonObject fields
        ? fields.Where(field => field.Value is not null).SelectMany(field => Leaves(field.Value!, $"{path}.{field.Key}".TrimStart('.')))
        : [path];

    private static void Change(JsonObject state, string path)
    {
        var names = path.Split('.');
        var parent = names[..^1].Aggregate(state, (node, name) => node[name]!.AsObject());
        var value = parent[names[^1]]!.AsValue();
        parent[names[^1]] = value.GetValueKind() switch
        {
            JsonValueKind.Number when path.EndsWith("_loss", StringComparison.Ordinal) || path.EndsWith("_value", StringComparison.Ordinal) => value.GetValue<double>() + 1,
            JsonValueKind.Number when path == "evaluation_batch" => value.GetValue<long>() - 1,
            JsonValueKind.Number => value.GetValue<long>() + 1,
            JsonValueKind.String => value.GetValue<string>() + "0",
            var kind => kind == JsonValueKind.False,
        };
    }

    private static void EditState(string folder, Action<JsonObject> edit)
    {
        var file = Path.Combine(folder, "state.json");
        var state = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        edit(state);
        File.WriteAllText(file, state.ToJsonString());
        Seal(folder);
    }

    private static void EditTensors(string folder, Action<Dictionary<string, Tensor>> edit)
    {
        using var scope = NewDisposeScope();
        var path = Path.Combine(folder, "tensors.safetensors");
        using var file = SafetensorsFile.Open(path);
        var tensors = file.Tensors.Keys.ToDictionary(name => name, name => file.Read(name, ComputeDevice.Cpu).clone());
        edit(tensors);
        SafetensorsWriter.Write(path, tensors);
        Seal(folder);
    }

    // The manifest of the changed files, so that only what they say counts.
    private static void Seal(string folder)
    {
        var manifest = new JsonObject();
        foreach (var name in new[] { "tensors.safetensors", "state.json" })
        {
            var bytes = File.ReadAllBytes(Path.Combine(folder, name));
            manifest[name] = new JsonObject { ["size"] = bytes.Length, ["sha256"] = Convert.ToHexStringLower(SHA256.HashData(bytes)) };
        }

        File.WriteAllText(Path.Combine(folder, "manifest.json"), manifest.ToJsonString());
    }

    private static void CopyFolder(string from, string to)
    {
        foreach (var file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
