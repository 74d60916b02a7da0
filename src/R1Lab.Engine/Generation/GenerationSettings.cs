namespace R1Lab.Engine.Generation;

/// <summary>How tokens are chosen and when a reply ends.</summary>
public sealed record GenerationSettings
{
    /// <summary>Every new token is compared with every stop text: their number and length are bounded.</summary>
    public const int MostStops = 64;

    public const int LongestStop = 1_000;

    public const int MostStopTokens = 1_000;

    /// <summary>0 takes the most likely token; 1 samples from the model's own distribution.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Only the k most likely tokens; 0 = all.</summary>
    public int TopK { get; init; }

    /// <summary>Only the most likely tokens that together reach this probability; 1 = all.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Only tokens at least this share as likely as the most likely one; 0 = all.</summary>
    public double MinP { get; init; }

    /// <summary>Locally typical sampling (arXiv 2202.00666) with this mass; 1 = off.</summary>
    public double TypicalP { get; init; } = 1;

    /// <summary>Logits of tokens already in prompt or reply are divided (multiplied when negative) by this; 1 = off.</summary>
    public double RepetitionPenalty { get; init; } = 1;

    /// <summary>Taken from the logit of every token already in the reply; 0 = off.</summary>
    public double PresencePenalty { get; init; }

    /// <summary>Taken from a token's logit for every time it stands in the reply; 0 = off.</summary>
    public double FrequencyPenalty { get; init; }

    /// <summary>No run of this many tokens comes twice; 0 = off.</summary>
    public int NoRepeatNgramSize { get; init; }

    /// <summary>Same seed, same text; null draws one.</summary>
    public long? Seed { get; init; }

    /// <summary>0 only together with <see cref="Echo"/>: the prompt is scored and nothing is generated.</summary>
    public int MaxNewTokens { get; init; } = 256;

    /// <summary>The reply ends before the first of these texts.</summary>
    public IReadOnlyList<string> Stop { get; init; } = [];

    /// <summary>The reply ends with the first of these tokens, beside the model's own end tokens.</summary>
    public IReadOnlyList<int> StopTokenIds { get; init; } = [];

    /// <summary>The model's end tokens do not end the reply.</summary>
    public bool IgnoreEos { get; init; }

    /// <summary>Log-probabilities of every chosen token and of this many most likely ones; null = none.</summary>
    public int? Logprobs { get; init; }

    /// <summary>The prompt is part of the result; with <see cref="Logprobs"/> its tokens are scored too.</summary>
    public bool Echo { get; init; }

    /// <summary>Special tokens leave no text.</summary>
    public bool SkipSpecialTokens { get; init; } = true;

    /// <summary>What is wrong with these settings, in the user's words.</summary>
    public IEnumerable<Problem> Problems()
    {
        foreach (var (field, value, isRight, rule) in Numbers())
        {
            if (!isRight) yield return new Problem($"{field}_out_of_range", field, ProblemSeverity.Error, $"{field} must be {rule}, not {value}.", value, rule);
        }

        if (MaxNewTokens == 0 && !Echo) yield return new Problem("max_tokens_zero", "max_tokens", ProblemSeverity.Error, "max_tokens must be 1 or more (0 is allowed with echo).");
        if (Stop.Any(string.IsNullOrEmpty)) yield return new Problem("stop_empty", "stop", ProblemSeverity.Error, "A stop text must not be empty.");
        if (Stop.Count > MostStops) yield return new Problem("stop_too_many", "stop", ProblemSeverity.Error, $"There may be at most {MostStops} stop texts, not {Stop.Count}.", MostStops, Stop.Count);
        if (Stop.FirstOrDefault(text => text?.Length > LongestStop) is { } tooLong)
            yield return new Problem("stop_too_long", "stop", ProblemSeverity.Error, $"A stop text may have at most {LongestStop} characters, not {tooLong.Length}.", LongestStop, tooLong.Length);
        if (StopTokenIds.Count > MostStopTokens)
            yield return new Problem("stop_tokens_too_many", "stop_token_ids", ProblemSeverity.Error, $"There may be at most {MostStopTokens} stop token ids, not {StopTokenIds.Count}.", MostStopTokens, StopTokenIds.Count);
        if (StopTokenIds.Any(id => id < 0)) yield return new Problem("stop_token_negative", "stop_token_ids", ProblemSeverity.Error, "A stop token id must not be negative.");
    }

    private IEnumerable<(string Field, object Value, bool IsRight, string Rule)> Numbers() =>
    [
        ("temperature", Temperature, Temperature >= 0 && double.IsFinite(Temperature), "0 or more"),
        ("top_k", TopK, TopK >= 0, "0 or more"),
        ("top_p", TopP, TopP > 0 && TopP <= 1, "above 0 and at most 1"),
        ("min_p", MinP, MinP >= 0 && MinP <= 1, "from 0 to 1"),
        ("typical_p", TypicalP, TypicalP > 0 && TypicalP <= 1, "above 0 and at most 1"),
        ("repetition_penalty", RepetitionPenalty, RepetitionPenalty > 0 && double.IsFinite(RepetitionPenalty), "above 0"),
        ("presence_penalty", PresencePenalty, double.IsFinite(PresencePenalty), "a finite number"),
        ("frequency_penalty", FrequencyPenalty, double.IsFinite(FrequencyPenalty), "a finite number"),
        ("no_repeat_ngram_size", NoRepeatNgramSize, NoRepeatNgramSize >= 0, "0 or more"),
        ("max_tokens", MaxNewTokens, MaxNewTokens >= 0, "0 or more"),
        ("logprobs", Logprobs ?? 0, Logprobs is null or >= 0 and <= 100, "from 0 to 100"),
    ];
}
