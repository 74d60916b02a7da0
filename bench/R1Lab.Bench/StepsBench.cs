using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using R1Lab.Engine;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Modeling;
using R1Lab.Engine.Training;
using TorchSharp;

namespace R1Lab.Bench;

/// <summary>A few training steps on a model folder, with loss, seconds and peak memory of each: shows what size fits into this machine.</summary>
internal static class StepsBench
{
    public static int Run(CommandOptions options)
    {
        if (options.Plain.Count != 1) return 2;
        var folder = options.Plain[0];
        torch.set_num_threads(options.Number("--threads", Environment.ProcessorCount));
        var device = options.Device();
        var recipe = RecipeOf(options);
        foreach (var problem in recipe.Problems().Where(problem => problem.IsError)) throw new BadInputException("recipe", problem.Field, problem.Message);
        var config = DecoderConfig.Parse(ModelFolder.Open(folder).ConfigJson, folder);
        var sequence = options.Number("--seq", 256);
        var rows = MeasuredRun.RandomRows(recipe.EffectiveBatchSize * recipe.MaxSteps!.Value, sequence, config.VocabSize);
        Console.WriteLine($"{config.ParameterCount:N0} weights, {recipe.Method}, {recipe.Dtype}, {recipe.PerDeviceTrainBatchSize} x {sequence} tokens, checkpointing {recipe.GradientCheckpointing}, {torch.get_num_threads()} threads, on {device}");
        var measured = MeasuredRun.Of(recipe, folder, rows, device, Print);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"peak {measured.Peak / 1e9:F2} GB resident, {measured.PeakPrivate / 1e9:F2} GB of it not file pages; {measured.Baseline / 1e9:F2} GB before the model"));
        if (measured.Device is { } card) Console.WriteLine($"card{Shown(card)}, loading included");
        if (options.Text("--json") is { } path) File.WriteAllText(path, $"{Report(recipe, config, sequence, device, measured).ToJsonString(MeasuredRun.Json)}\n");
        return measured.Steps.All(step => double.IsFinite(step.Loss)) ? 0 : 1;
    }

    /// <summary>The recipe a command line describes; a whole one may be given as a file with <c>--recipe</c>.</summary>
    public static TrainingRecipe RecipeOf(CommandOptions options)
    {
        if (options.Text("--recipe") is { } file)
            return TrainingRecipe.Parse(File.ReadAllText(file), out var problems) ?? throw new BadInputException(file, null, string.Join("; ", problems.Select(problem => problem.Message)));
        var fields = new JsonObject
        {
            ["model"] = options.Plain[0],
            ["dataset"] = "random tokens",
            ["method"] = options.Text("--method") ?? "lora",
            ["dtype"] = options.Text("--dtype") ?? "bfloat16",
            ["per_device_train_batch_size"] = options.Number("--micro-batch", 1),
            ["gradient_accumulation_steps"] = options.Number("--accumulation", 1),
            ["max_steps"] = options.Number("--steps", 3),
            ["max_length"] = options.Number("--seq", 256),
            ["packing"] = options.Flag("--packing"),
            ["activation_offloading"] = options.Flag("--offload"),
            ["gradient_checkpointing"] = options.Flag("--checkpointing", true),
            ["embedding_on_host"] = options.Choice("--embedding-on-host"),
            ["save_steps"] = 1_000_000,
            ["lora"] = new JsonObject { ["r"] = options.Number("--rank", 16) },
        };
        return TrainingRecipe.Parse(fields.ToJsonString(), out var wrong) ?? throw new BadInputException("options", null, string.Join("; ", wrong.Select(problem => problem.Message)));
    }

    private static JsonObject Report(TrainingRecipe recipe, DecoderConfig config, int sequence, ComputeDevice device, MeasuredRun measured) => new()
    {
        ["machine"] = MachineDescription.Now(),
        ["parameters"] = config.ParameterCount,
        ["method"] = JsonSerializer.SerializeToNode(recipe.Method, TrainingRecipe.Json),
        ["dtype"] = JsonSerializer.SerializeToNode(recipe.Dtype, TrainingRecipe.Json),
        ["micro_batch"] = recipe.PerDeviceTrainBatchSize,
        ["sequence"] = sequence,
        ["lora_rank"] = recipe.Lora.R,
        ["gradient_checkpointing"] = recipe.GradientCheckpointing,
        ["activation_offloading"] = recipe.ActivationOffloading,
        ["embedding_on_host"] = EmbeddingPlace.IsHost(recipe, config, device.IsCuda),
        ["device"] = $"{device}",
        ["measured"] = JsonSerializer.SerializeToNode(measured, MeasuredRun.Json),
    };

    private static void Print(MeasuredStep step) => Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
        $"step {step.Step}: loss {step.Loss:F4}, gradient norm {step.GradNorm:G4}, {step.Seconds:F2} s, peak {step.Peak / 1e9:F2} GB, {step.Private / 1e9:F2} GB private{(step.Device is { } card ? $", card{Shown(card)}" : "")}"));

    private static string Shown(DevicePeak card) => string.Create(CultureInfo.InvariantCulture, $" {card.Allocated / 1e9:F2} GB in tensors, {card.Reserved / 1e9:F2} GB held");
}
