using System.Diagnostics;
using System.Text.Json;
using R1Lab.Engine.Adapters;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Modeling;
using R1Lab.Engine.Native;
using R1Lab.Engine.Training;
using R1Lab.Engine.Training.Objectives;
using TorchSharp;

namespace R1Lab.Bench.Training;

/// <summary>One row of the table: the product's own optimizer steps, in a process of their own.</summary>
internal sealed record TrainingRow(string Name, string Folder, string Method, TrainOptions Options)
{
    /// <summary>How the program calls itself for a row.</summary>
    public const string Verb = "train-row";

    private const double Mebibyte = 1 << 20;

    /// <summary>Runs the row in a fresh process.</summary>
    /// <returns>Null when it failed; it has said why.</returns>
    public static TrainingFigures? Measure(TrainingRow row)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true, UseShellExecute = false };
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet") start.ArgumentList.Add(typeof(TrainingRow).Assembly.Location);
        start.ArgumentList.Add(Verb);
        start.ArgumentList.Add(JsonSerializer.Serialize(row));
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? JsonSerializer.Deserialize<TrainingFigures>(output, TrainBench.Json) : null;
    }

    /// <summary>The fresh process's part: measures and writes the figures to standard output.</summary>
    public static int Run(string json)
    {
        var row = JsonSerializer.Deserialize<TrainingRow>(json)!;
        LibTorch.EnsureAvailable();
        torch.set_num_threads(row.Options.Threads);
        // The product trains on a thread that is not the program's first: memory comes from another heap there.
        TrainingFigures? figures = null;
        var thread = new Thread(() => figures = row.Take());
        thread.Start();
        thread.Join();
        Console.WriteLine(JsonSerializer.Serialize(figures, TrainBench.Json));
        return 0;
    }

    private TrainingFigures Take()
    {
        using var scope = torch.NewDisposeScope();
        var device = new CommandOptions(["--device", Options.Device]).Device();
        var recipe = Recipe();
        using var model = Trainables.Load(recipe, Folder, device);
        var config = model.Decoder.Config;
        var rows = MeasuredRows.For(Options, config.VocabSize);
        var clock = new StepClock(device);
        var live = new LiveModel(model, Folder);
        using var stream = KnownObjectives.Of(recipe.Objective).Open(new TrainingSetup(recipe, new RunRows(rows, []), model));
        using var step = new TrainingStep(recipe, model, stream, live, new TrainingTold(new TrainingObserver()), clock);
        using var product = new MatrixProduct(device, model.Decoder.Dtype);
        var (steps, products) = (new List<MeasuredPhases>(), new List<double>());
        for (var i = 0; i < Options.WarmUp + Options.Steps; i++)
        {
            products.Add(product.Gflops());
            clock.Enter(StepPhase.Data);
            var batch = stream.Next(live);
            step.Take(batch);
            steps.Add(new MeasuredPhases(batch.Tokens, clock.Read()));
        }

        var figures = Figures(recipe, config, rows, [.. steps.Skip(Options.WarmUp)], Median(products.Skip(Options.WarmUp)));
        var card = DevicePeak.Now(device);
        return figures with { PeakDeviceMemoryMb = card?.Reserved / Mebibyte, PeakDeviceAllocatedMb = card?.Allocated / Mebibyte };
    }

    private TrainingFigures Figures(TrainingRecipe recipe, DecoderConfig config, IReadOnlyList<TokenExample> rows, IReadOnlyList<MeasuredPhases> steps, double product)
    {
        double Milliseconds(StepPhase phase) => Median(steps.Select(step => step.Times[phase].TotalMilliseconds));
        var speed = Median(steps.Select(step => step.Tokens / step.Milliseconds * 1000));
        var gflops = speed * TrainingFlops.PerToken(config, recipe.Method, MeasuredRows.LengthOfEqualWork(rows)) / 1e9;
        return new TrainingFigures
        {
            Model = Name,
            Method = Method,
            By = "r1lab",
            Batch = Options.Batch,
            Length = Options.Length,
            Checkpointing = recipe.GradientCheckpointing,
            CheckpointedLayers = recipe.GradientCheckpointingLayers,
            Offload = recipe.ActivationOffloading,
            EmbeddingOnHost = EmbeddingPlace.IsHost(recipe, config, Options.Device == "cuda"),
            Packing = recipe.Packing,
            TokensPerSecond = speed,
            ModelGflops = gflops,
            ProductGflops = product,
            ModelFlopUtilisation = Options.PeakTflops is { } peak ? gflops / peak / 10 : null,
            PeakMemoryMb = ProcessMemory.Now().Peak / Mebibyte,
            StepMs = Median(steps.Select(step => step.Milliseconds)),
            DataMs = Milliseconds(StepPhase.Data),
            ForwardMs = Milliseconds(StepPhase.Forward),
            BackwardMs = Milliseconds(StepPhase.Backward),
            OptimizerMs = Milliseconds(StepPhase.Optimizer),
            Steps = steps.Count,
        };
    }

    private TrainingRecipe Recipe() => new TrainingRecipe
    {
        Method = Enum.Parse<TrainingMethod>(Method, ignoreCase: true),
        Model = Name,
        PerDeviceTrainBatchSize = Options.Batch,
        MaxLength = Options.Length,
        MaxSteps = Options.WarmUp + Options.Steps,
        Dtype = Options.Dtype,
        GradientCheckpointing = Options.Checkpointing,
        GradientCheckpointingLayers = Options.CheckpointedLayers,
        ActivationOffloading = Options.Offload,
        EmbeddingOnHost = Options.EmbeddingOnHost,
        Packing = Options.Packing,
        Lora = new LoraSettings { R = 16, LoraAlpha = 32 },
    }.Effective();

    private static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return (sorted[(sorted.Length - 1) / 2] + sorted[sorted.Length / 2]) / 2;
    }

    // What one step did: tokens of the rows, padding not counted, and the time of its parts.
    private sealed record MeasuredPhases(int Tokens, IReadOnlyDictionary<StepPhase, TimeSpan> Times)
    {
        public double Milliseconds => Times.Values.Sum(time => time.TotalMilliseconds);
    }
}
