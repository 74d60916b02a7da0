using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Generation;

namespace R1Lab.Web.Serving;

/// <summary>What a person sets for a chat; starts from the model's own advice.</summary>
public sealed record ReplySettings
{
    public double Temperature { get; set; } = 0.6;

    public double TopP { get; set; } = 0.95;

    public int TopK { get; set; }

    public double RepetitionPenalty { get; set; } = 1;

    public int MaxNewTokens { get; set; } = 1024;

    /// <summary>Null: another one each time.</summary>
    public long? Seed { get; set; }

    public static ReplySettings From(GenerationDefaults defaults) => new()
    {
        Temperature = defaults.DoSample ? defaults.Temperature : 0,
        TopP = defaults.DoSample ? defaults.TopP : 1,
        TopK = defaults.DoSample ? defaults.TopK : 0,
        RepetitionPenalty = defaults.RepetitionPenalty ?? 1,
    };

    /// <summary>For the engine; how many tokens is said beside it.</summary>
    public GenerationSettings ForEngine() => new()
    {
        Temperature = Temperature,
        TopP = TopP,
        TopK = TopK,
        RepetitionPenalty = RepetitionPenalty,
        Seed = Seed,
    };
}
