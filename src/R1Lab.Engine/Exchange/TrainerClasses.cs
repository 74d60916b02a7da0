using R1Lab.Engine.Training;

namespace R1Lab.Engine.Exchange;

/// <summary>What the configuration and trainer classes of TRL, transformers and Unsloth train for.</summary>
internal static class TrainerClasses
{
    /// <summary>Objectives of TRL, by the part of the class names in front of <c>Config</c> and <c>Trainer</c>.</summary>
    private static readonly HashSet<string> Objectives = new(StringComparer.Ordinal)
    {
        "DPO", "KTO", "ORPO", "CPO", "BCO", "TPO", "XPO", "NashMD", "OnlineDPO", "GRPO", "AsyncGRPO", "GRPOWithReplayBuffer", "GSPOToken", "GSPO", "GMPO", "A2PO", "GFPO", "PAPO", "DAPO", "DrGRPO", "RLOO", "PPO", "PPOv2",
        "Reward", "PRM", "GKD", "GOLD", "MiniLLM", "Distillation", "ServerDistillation", "IWOPD", "SDFT", "SDPO", "SSD", "DDPO", "AlignProp",
    };

    /// <summary>Classes of fine-tuning on rows with answers.</summary>
    private static readonly HashSet<string> FineTuning = new(StringComparer.Ordinal)
    {
        "SFTConfig", "SFTTrainer", "TrainingArguments", "Seq2SeqTrainingArguments", "Trainer", "Seq2SeqTrainer", "UnslothTrainer", "UnslothTrainingArguments",
    };

    /// <summary>Whether a class says what is trained for.</summary>
    public static bool Counts(string name) => FineTuning.Contains(name) || ObjectiveOf(name) is not null;

    /// <summary>The objective of a class that trains for something else than fine-tuning does; null for others.</summary>
    public static string? ObjectiveOf(string name)
    {
        foreach (var end in (string[])["Config", "Trainer"])
        {
            if (name.EndsWith(end, StringComparison.Ordinal) && Objectives.Contains(name[..^end.Length])) return name[..^end.Length];
        }

        return null;
    }

    /// <summary>The objective of one of TRL's commands or scripts, for example <c>online_dpo</c>; <c>sft</c> for fine-tuning, null for other names.</summary>
    public static string? ObjectiveOfCommand(string name)
    {
        var plain = name.Replace("_", "", StringComparison.Ordinal);
        if (plain.StartsWith("reward", StringComparison.Ordinal)) return "Reward";
        return name == "sft" ? name : Objectives.FirstOrDefault(objective => string.Equals(objective, plain, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Whether the class has the defaults of TRL's SFTConfig, which differ from those of transformers.</summary>
    public static bool IsSftConfig(string name) => name is "SFTConfig" or "UnslothTrainingArguments";

    /// <exception cref="BadInputException">The first class that the script uses trains for another objective.</exception>
    public static void Demand(IReadOnlyList<Setting> settings)
    {
        if (settings.FirstOrDefault(setting => Counts(setting.Owner!)) is { Owner: { } first } use && ObjectiveOf(first) is { } objective) throw Refused(objective, first, use.Line);
    }

    /// <summary>The refusal of an objective that the lab does not have, by its name.</summary>
    public static BadInputException Refused(string objective, string source, int line) => new(
        "recipe", $"line {line}", $"{source} trains for the objective {objective}, which the lab does not have yet: it trains by supervised fine-tuning (sft)");
}
