namespace R1Lab.Engine.Modeling;

/// <summary>How rotary positions are stretched beyond the trained length. Each kind carries exactly the numbers its formula needs.</summary>
public abstract record RopeScaling
{
    private RopeScaling() { }

    /// <summary>Positions divided by a factor (position interpolation, arXiv 2306.15595).</summary>
    public sealed record Linear(double Factor) : RopeScaling;

    /// <summary>Llama 3.1: long wavelengths divided by the factor, short ones kept, a smooth passage between.</summary>
    public sealed record Llama3(double Factor, double LowFrequencyFactor, double HighFrequencyFactor, int OriginalMaxPositions) : RopeScaling;

    /// <summary>YaRN (arXiv 2309.00071). <c>AttentionFactor</c> null means the paper's 0.1 ln(factor) + 1.</summary>
    public sealed record Yarn(double Factor, int OriginalMaxPositions, double? AttentionFactor, double BetaFast, double BetaSlow, bool Truncate) : RopeScaling;

    internal static RopeScaling? Read(ConfigFields rope, int maxPositions)
    {
        if (rope.Number("partial_rotary_factor", 1) != 1) throw rope.Refuse("partial_rotary_factor", "config_partial_rotary", $"rotating only a part of each head is not supported.");
        if (rope.HasOnly("rope_theta", "partial_rotary_factor")) return null; // no scaling: the base alone, as transformers 5 writes it
        var type = rope.Text("rope_type") ?? rope.Text("type") ?? throw rope.Refuse("rope_type", "config_missing", $"is missing.");
        return type switch
        {
            "default" => null,
            "linear" => new Linear(rope.Positive("factor", ConfigLimits.Factor)),
            "llama3" => ReadLlama3(rope),
            "yarn" => ReadYarn(rope, maxPositions),
            _ => throw rope.Refuse("rope_type", "config_rope", $"'{type}' is not supported (default, linear, llama3 and yarn are)."),
        };
    }

    private static Llama3 ReadLlama3(ConfigFields rope)
    {
        var scaling = new Llama3(
            rope.Positive("factor", ConfigLimits.Factor), rope.Positive("low_freq_factor", ConfigLimits.Factor), rope.Positive("high_freq_factor", ConfigLimits.Factor),
            rope.Count("original_max_position_embeddings", ConfigLimits.Positions));
        if (scaling.HighFrequencyFactor <= scaling.LowFrequencyFactor) throw rope.Refuse("high_freq_factor", "config_rope_factors", $"must be above low_freq_factor.");
        return scaling;
    }

    // Writers differ in which of factor and original length they give; each follows from the other and the model's length.
    private static Yarn ReadYarn(ConfigFields rope, int maxPositions)
    {
        var original = rope.Count("original_max_position_embeddings", ConfigLimits.Positions, maxPositions);
        var factor = rope.Has("factor") || !rope.Has("original_max_position_embeddings") ? rope.Positive("factor", ConfigLimits.Factor) : (double)maxPositions / original;
        return new Yarn(factor, original, ReadAttentionFactor(rope, factor), rope.Positive("beta_fast", ConfigLimits.Factor, 32), rope.Positive("beta_slow", ConfigLimits.Factor, 1), rope.Flag("truncate", true));
    }

    private static double? ReadAttentionFactor(ConfigFields rope, double factor)
    {
        if (rope.Has("attention_factor")) return rope.Positive("attention_factor", ConfigLimits.Factor);
        var (numerator, denominator) = (rope.Number("mscale", 0), rope.Number("mscale_all_dim", 0));
        return numerator != 0 && denominator != 0 ? Magnitude(factor, numerator) / Magnitude(factor, denominator) : null;
    }

    /// <summary>YaRN's growth of attention logits with the stretch factor.</summary>
    internal static double Magnitude(double factor, double weight = 1) => factor <= 1 ? 1 : 0.1 * weight * Math.Log(factor) + 1;
}
