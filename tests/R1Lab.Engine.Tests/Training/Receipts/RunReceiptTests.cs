using R1Lab.Engine.Devices;
using R1Lab.Engine.Training;
using R1Lab.Engine.Training.Receipts;

namespace R1Lab.Engine.Tests.Training.Receipts;

public sealed class RunReceiptTests : IDisposable
{
    private readonly TrainingRuns _runs = new();

    public void Dispose() => _runs.Dispose();

    [Fact]
    public void WriteAndRead_AnyReceipt_GivesItBack()
    {
        var path = Path.Combine(_runs.NewFolder(), RunReceipt.FileName);
        var receipt = Sample() with { Curves = [Step(1, 2.5), Step(2, double.NaN) with { GradNorm = double.PositiveInfinity, EvalLoss = 0.1 + 0.2 }], Recipe = TrainingRecipe.Preset("tutorial") with { SaveTotalLimit = null } };

        receipt.Write(path);
        var back = RunReceipt.Read(path);

        Assert.Equal(receipt.ToJson(), back.ToJson());
        Assert.Null(back.Recipe.SaveTotalLimit);
        Assert.Empty(ReceiptDifference.Between(receipt, back));
        Assert.Equal([path], Directory.GetFiles(Path.GetDirectoryName(path)!));
    }

    // The names other programs may rely on.
    [Fact]
    public void ToJson_Names_AreStable()
    {
        var json = System.Text.Json.Nodes.JsonNode.Parse(Sample().ToJson())!.AsObject();

        Assert.Equal(["schema_version", "written_at", "run", "data", "recipe", "model", "environment", "curves", "events", "snapshots", "results"], json.Select(field => field.Key));
        Assert.Equal(["name", "version", "train_hash", "evaluation_hash", "rows_in", "rows_trained", "rows_evaluated", "rows_left_out", "rows_split", "left_out"], json["data"]!.AsObject().Select(field => field.Key));
        Assert.Equal(["program", "lib_torch", "dot_net", "operating_system", "processor", "logical_processors", "threads", "device", "device_name"], json["environment"]!.AsObject().Select(field => field.Key));
        Assert.Equal(["path", "bytes", "sha256"], json["results"]![0]!.AsObject().Select(field => field.Key));
        Assert.Equal(1, (int)json["schema_version"]!);
    }

    [Fact]
    public void Parse_UnknownField_IsPassedOver()
    {
        var json = Sample().ToJson().Replace("\"rows_in\"", "\"from_the_future\": 1, \"rows_in\"", StringComparison.Ordinal);

        Assert.Equal(100, RunReceipt.Parse(json).Data.RowsIn);
    }

    [Theory]
    [InlineData("", "cannot be read")]
    [InlineData("{}", "not a run receipt")]
    [InlineData("[1]", "not a run receipt")]
    [InlineData("""{"schema_version":"1"}""", "cannot be read")]
    [InlineData("""{"schema_version":2}""", "version 2; this program reads versions up to 1")]
    [InlineData("""{"schema_version":1}""", "cannot be read")]
    [InlineData("""{"schema_version":1,"run":{"outcome":5}}""", "cannot be read")]
    public void Parse_NoReceipt_SaysWhy(string json, string reason)
    {
        var e = Assert.Throws<BadInputException>(() => RunReceipt.Parse(json));

        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_MissingFile_IsBadInput() => Assert.Throws<BadInputException>(() => RunReceipt.Read(Path.Combine(_runs.NewFolder(), "nothing.json")));

    [Fact]
    public void Between_ChangedReceipts_NamesEachDifferenceInItsGroup()
    {
        var left = Sample();
        var right = left with
        {
            WrittenAt = left.WrittenAt.AddDays(1),
            Run = left.Run with { Name = "again", Owner = "li", Outcome = "stopped" },
            Data = left.Data with { TrainHash = "other", RowsLeftOut = new Dictionary<string, int> { ["too_long"] = 3, ["no_thought"] = 1 }, LeftOut = new Dictionary<string, IReadOnlyList<int>> { ["too_long"] = [.. Enumerable.Range(1000, 60)] } },
            Recipe = left.Recipe with { Seed = 7, Lora = left.Recipe.Lora with { R = 8 } },
            Model = left.Model with { TemplateHash = "t2" },
            Environment = left.Environment with { Threads = 4 },
            Curves = [Step(1, 2), Step(2, 1.5), Step(3, 1.25)],
            Events = [new(default, 0, "started", "Started"), new(default, 2, "stopped", "Stopped")],
            Results = [new("adapter/a", 1, "00")],
        };

        var differences = ReceiptDifference.Between(left, right);

        Assert.Equal(
            [
                new(ReceiptGroup.Data, "data.train_hash", "aa", "other"), new(ReceiptGroup.Data, "data.rows_left_out.too_long", "4", "3"), new(ReceiptGroup.Data, "data.rows_left_out.no_thought", null, "1"),
                new(ReceiptGroup.Data, "data.left_out.too_long", null, $"[{string.Join(',', Enumerable.Range(1000, 60))}"[..200] + "…"),
                new(ReceiptGroup.Recipe, "recipe.seed", "42", "7"), new(ReceiptGroup.Recipe, "recipe.lora.r", "16", "8"), new(ReceiptGroup.Model, "model.template_hash", "t", "t2"),
                new(ReceiptGroup.Environment, "environment.threads", "2", "4"), new(ReceiptGroup.Outcome, "run.outcome", "finished", "stopped"), new(ReceiptGroup.Outcome, "results.adapter/a", "ff", "00"),
                new(ReceiptGroup.Outcome, "curves.loss", "1", "1.5", 2), new(ReceiptGroup.Outcome, "curves.learning_rate", null, "0.1", 3), new(ReceiptGroup.Outcome, "events", "finished", "stopped", 2),
            ],
            differences);
    }

    [Fact]
    public void SameLosses_TwoRunsOfOneRecipe_AreEqualToTheLastBit()
    {
        var recipe = TrainingRuns.Busy with { LoggingSteps = 1, MaxSteps = 6 };
        var (first, again, other) = (Receipt(recipe), Receipt(recipe), Receipt(recipe with { Seed = 43 }));

        Assert.True(first.SameLosses(again, 6));
        Assert.DoesNotContain(ReceiptDifference.Between(first, again), difference => difference.Path.StartsWith("curves", StringComparison.Ordinal) || difference.Group != ReceiptGroup.Outcome);
        Assert.False(first.SameLosses(again, 7));
        Assert.False(first.SameLosses(other, 6));
        Assert.Equal(1, ReceiptDifference.Between(first, other).Single(difference => difference.Path == "curves.loss").Step);
        // The same weights are the same files.
        Assert.Equal(first.Results.Single(file => file.Path.EndsWith(".safetensors", StringComparison.Ordinal)), again.Results.Single(file => file.Path.EndsWith(".safetensors", StringComparison.Ordinal)));
        Assert.Equal(["snapshots/step-000005/manifest.json"], first.Snapshots.Select(file => file.Path));
    }

    [Fact]
    public void Current_ThisMachine_IsDescribed()
    {
        var environment = ReceiptEnvironment.Current(ComputeDevice.Cpu);

        Assert.Equal(("cpu", Environment.ProcessorCount, TorchSharp.torch.get_num_threads()), (environment.Device, environment.LogicalProcessors, environment.Threads));
        Assert.StartsWith(".NET 10", environment.DotNet, StringComparison.Ordinal);
        Assert.NotEmpty(environment.Processor);
        Assert.StartsWith("2.", environment.LibTorch, StringComparison.Ordinal);
    }

    private RunReceipt Receipt(TrainingRecipe recipe)
    {
        _runs.Metrics.Clear();
        _runs.Events.Clear();
        var job = _runs.Job(recipe);
        var result = _runs.Run(job);
        return Sample() with
        {
            Recipe = recipe,
            Environment = ReceiptEnvironment.Current(ComputeDevice.Cpu),
            Curves = [.. _runs.Metrics],
            Events = [.. _runs.Events.Select(ReceiptEvent.Of)],
            Snapshots = ReceiptFile.Snapshots(job.OutputFolder),
            Results = ReceiptFile.Below(job.OutputFolder, result.OutputPath),
        };
    }

    private static StepMetrics Step(int step, double loss) => new() { Step = step, TotalSteps = 2, Loss = loss, LearningRate = 0.1 };

    private static RunReceipt Sample() => new()
    {
        WrittenAt = DateTimeOffset.UnixEpoch,
        Run = new ReceiptRun { Name = "医疗", Owner = "wang", Outcome = "finished", Step = 2, TotalSteps = 2 },
        Data = new ReceiptData { Name = "d", Version = 3, TrainHash = "aa", EvaluationHash = "bb", RowsIn = 100, RowsTrained = 90, RowsEvaluated = 6, RowsLeftOut = new Dictionary<string, int> { ["too_long"] = 4 } },
        Recipe = new TrainingRecipe { Model = "m", Dataset = "d" },
        Model = new ReceiptModel { Name = "m", Fingerprint = "f", TemplateHash = "t", ParameterCount = 8 },
        Environment = new ReceiptEnvironment { Program = "p", DotNet = "n", OperatingSystem = "o", Processor = "c", Threads = 2, Device = "cpu" },
        Curves = [Step(1, 2), Step(2, 1)],
        Events = [new(default, 0, "started", "Started"), new(default, 2, "finished", "Finished")],
        Results = [new("adapter/a", 1, "ff")],
    };
}
