namespace R1Lab.Engine.Training.Recipe;

/// <summary>
/// The names of a setting in other tools, where its values mean the same there. What has to be converted stands in the tool's own format.
/// </summary>
public sealed record ToolNames
{
    /// <summary>In transformers' <c>TrainingArguments</c>, whose names LLaMA-Factory and TRL take too.</summary>
    public string? Transformers { get; init; }

    /// <summary>In TRL's <c>SFTConfig</c>, beside those of transformers.</summary>
    public string? Trl { get; init; }

    /// <summary>In PEFT's <c>LoraConfig</c>.</summary>
    public string? Peft { get; init; }

    /// <summary>In the settings of TRL's own commands, beside those of <c>SFTConfig</c>.</summary>
    public string? TrlCommand { get; init; }

    /// <summary>In LLaMA-Factory's YAML, beside those of transformers.</summary>
    public string? LlamaFactory { get; init; }

    public string? Axolotl { get; init; }
}
