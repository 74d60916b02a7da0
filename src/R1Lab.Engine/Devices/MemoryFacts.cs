namespace R1Lab.Engine.Devices;

/// <summary>What a memory plan must know about the data and the surroundings beside recipe and model.</summary>
public sealed record MemoryFacts
{
    /// <summary>What the program takes with the tensor library loaded and used once, before there is a model.</summary>
    public const long IdleProgramBytes = AssumedMemory.Program;

    /// <summary>Tokens of the longest row that is used. A line of a batch is as long (as long as <c>max_length</c> with packing).</summary>
    public required int LongestRow { get; init; }

    /// <summary>Most learned tokens in a line; null: as many as there are tokens.</summary>
    public int? MostTrained { get; init; }

    /// <summary>Rows at hand: a batch is never larger. Null: more than enough.</summary>
    public int? Rows { get; init; }

    /// <summary>True when there are rows to evaluate on.</summary>
    public bool Evaluates { get; init; }

    /// <summary>Bytes of models that stay loaded on the same device during the run.</summary>
    public long ResidentModelBytes { get; init; }

    /// <summary>Bytes of the program itself; null: <see cref="IdleProgramBytes"/>, or a card's context.</summary>
    public long? RuntimeBytes { get; init; }

    /// <summary>Tokens of the longest probe prompt.</summary>
    public int LongestProbePrompt { get; init; } = 64;
}
