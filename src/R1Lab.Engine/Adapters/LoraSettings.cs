namespace R1Lab.Engine.Adapters;

/// <summary>How a LoRA adapter is built, with PEFT's names (snake_case in JSON).</summary>
public sealed record LoraSettings
{
    /// <summary>The seven projections of a decoder block.</summary>
    public static IReadOnlyList<string> AllProjections { get; } = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"];

    public int R { get; init; } = 16;

    public double LoraAlpha { get; init; } = 32;

    public double LoraDropout { get; init; }

    public IReadOnlyList<string> TargetModules { get; init; } = AllProjections;

    /// <summary>Scale by alpha over the square root of r instead of alpha over r.</summary>
    public bool UseRslora { get; init; }

    /// <summary>Learn a magnitude per output beside the direction (weight-decomposed).</summary>
    public bool UseDora { get; init; }

    /// <summary>Rank by module name or path, where it differs from <see cref="R"/>.</summary>
    public IReadOnlyDictionary<string, int> RankPattern { get; init; } = new Dictionary<string, int>();

    /// <summary>Alpha by module name or path, where it differs from <see cref="LoraAlpha"/>.</summary>
    public IReadOnlyDictionary<string, double> AlphaPattern { get; init; } = new Dictionary<string, double>();

    /// <summary>An adapter folder to start from instead of a fresh adapter.</summary>
    public string? InitFrom { get; init; }

    /// <summary>What is wrong with these settings, in the user's words.</summary>
    public IEnumerable<Problem> Problems()
    {
        if (R < 1) yield return new Problem("lora_rank_too_small", "lora.r", ProblemSeverity.Error, "The LoRA rank must be at least 1.");
        if (LoraAlpha <= 0) yield return new Problem("lora_alpha_not_positive", "lora.lora_alpha", ProblemSeverity.Error, "LoRA alpha must be above 0.");
        if (LoraDropout is < 0 or >= 1)
            yield return new Problem("lora_dropout_out_of_range", "lora.lora_dropout", ProblemSeverity.Error, "LoRA dropout must be at least 0 and below 1.");
        if (TargetModules.Count == 0)
            yield return new Problem("lora_no_targets", "lora.target_modules", ProblemSeverity.Error, "LoRA needs at least one target module.");
    }
}
