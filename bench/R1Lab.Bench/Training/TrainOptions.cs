using System.Globalization;
using R1Lab.Engine;
using R1Lab.Engine.Training;

namespace R1Lab.Bench.Training;

/// <summary>What was asked for on the command line.</summary>
internal sealed record TrainOptions
{
    public static string Usage =>
        $"""
        [demo | 8b | {string.Join(" | ", PublishedShapes.All.Keys)} | model folder]... [--method lora,full,qlora,dora] [--device cpu|cuda] [--batch 4] [--length 256] [--steps 12] [--warm-up 3]
                                 [--dtype auto|bfloat16|float32] [--checkpointing off,8,on] [--offload on|off] [--embedding-on-host on|off] [--packing on|off] [--threads n] [--peak-tflops n] [--json file] [--peer hf] [--python file]
        """;

    /// <summary>Named shapes or model folders.</summary>
    public required IReadOnlyList<string> Models { get; init; }

    public required IReadOnlyList<string> Methods { get; init; }

    public int Batch { get; init; }

    public int Length { get; init; }

    /// <summary>Measured steps, after the warm-up.</summary>
    public int Steps { get; init; }

    /// <summary>Steps before them that are not measured.</summary>
    public int WarmUp { get; init; }

    public TrainingDtype Dtype { get; init; }

    public bool Checkpointing { get; init; }

    /// <summary>With checkpointing: how many of the first blocks; null: all.</summary>
    public int? CheckpointedLayers { get; init; }

    /// <summary>How each row checkpoints, one row a way.</summary>
    public IReadOnlyList<string> CheckpointingWays { get; init; } = ["off"];

    /// <summary>With checkpointing on a card: the layers' inputs wait in the machine's memory.</summary>
    public bool Offload { get; init; }

    /// <summary>Whether an adapter's frozen embedding stays in the machine's memory; null: as the method has it.</summary>
    public bool? EmbeddingOnHost { get; init; }

    /// <summary>Rows of random lengths, several in a line.</summary>
    public bool Packing { get; init; }

    /// <summary><c>cpu</c> or <c>cuda</c>.</summary>
    public required string Device { get; init; }

    public int Threads { get; init; }

    /// <summary>What the card can do at most, for the model's share of it; null: not told.</summary>
    public double? PeakTflops { get; init; }

    public string? Json { get; init; }

    public bool HuggingFace { get; init; }

    public required string Python { get; init; }

    public static TrainOptions Of(CommandOptions options) => new()
    {
        Models = options.Plain.Count > 0 ? options.Plain : ["demo", "llama-30m"],
        Methods = MethodsOf(options.Text("--method") ?? "lora,full"),
        Batch = options.Number("--batch", 4),
        Length = options.Number("--length", 256),
        Steps = options.Number("--steps", 12),
        WarmUp = options.Number("--warm-up", 3),
        Dtype = Enum.Parse<TrainingDtype>(options.Text("--dtype") ?? "auto", ignoreCase: true),
        CheckpointingWays = (options.Text("--checkpointing") ?? "off").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries),
        Offload = options.Flag("--offload"),
        EmbeddingOnHost = options.Choice("--embedding-on-host"),
        Packing = options.Flag("--packing"),
        Device = options.Device().IsCuda ? "cuda" : "cpu",
        Threads = options.Number("--threads", Environment.ProcessorCount),
        PeakTflops = options.Text("--peak-tflops") is { } peak ? double.Parse(peak, CultureInfo.InvariantCulture) : null,
        Json = options.Text("--json"),
        HuggingFace = options.Text("--peer") == "hf",
        Python = options.Text("--python") ?? "python3",
    };

    /// <summary>The options of one way to checkpoint.</summary>
    /// <param name="way"><c>off</c>, <c>on</c> or a number of blocks.</param>
    /// <exception cref="BadInputException">Neither of these.</exception>
    public TrainOptions Checkpointed(string way) => way switch
    {
        "off" => this with { Checkpointing = false, CheckpointedLayers = null },
        "on" or "true" => this with { Checkpointing = true, CheckpointedLayers = null },
        _ when int.TryParse(way, NumberStyles.None, CultureInfo.InvariantCulture, out var layers) && layers > 0 => this with { Checkpointing = true, CheckpointedLayers = layers },
        _ => throw new BadInputException("options", "--checkpointing", $"names \"{way}\": off, on or a number of layers"),
    };

    /// <exception cref="BadInputException">A word that is no method.</exception>
    private static string[] MethodsOf(string words)
    {
        var methods = words.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return methods.FirstOrDefault(method => !Enum.TryParse<TrainingMethod>(method, ignoreCase: true, out _)) is { } unknown
            ? throw new BadInputException("options", "--method", $"names \"{unknown}\": lora, full, qlora and dora are measured")
            : methods;
    }
}
