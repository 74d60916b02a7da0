namespace R1Lab.Engine.Tokenization;

/// <summary>What vocabulary <see cref="BpeTrainer"/> is to learn, and what stands around it.</summary>
public sealed record BpeTrainerSettings
{
    /// <summary>Ids in all: 256 bytes, learned merges, special and added tokens. Fewer when the texts hold no more pairs.</summary>
    public int VocabularySize { get; init; } = 4096;

    /// <summary>A pair seen less often than this is not merged.</summary>
    public int MinimumCount { get; init; } = 2;

    /// <summary>Control tokens such as BOS and EOS: matched in text, left out when special tokens are skipped on decoding.</summary>
    public IReadOnlyList<string> SpecialTokens { get; init; } = [];

    /// <summary>Tokens matched as a whole that stay visible on decoding, such as <c>&lt;think&gt;</c>.</summary>
    public IReadOnlyList<string> AddedTokens { get; init; } = [];

    public string? BosToken { get; init; }

    public string? EosToken { get; init; }

    public string? PadToken { get; init; }

    /// <summary>Whether encoding with special tokens puts BOS in front.</summary>
    public bool AddBosToken { get; init; }

    /// <summary>Jinja source for <c>chat_template</c> of tokenizer_config.json.</summary>
    public string? ChatTemplate { get; init; }

    public int ModelMaxLength { get; init; } = 2048;

    public IEnumerable<Problem> Problems()
    {
        string[] tokens = [.. SpecialTokens, .. AddedTokens];
        var least = 256 + tokens.Length;
        if (VocabularySize < least)
        {
            yield return new Problem("vocabulary_too_small", "vocab_size", ProblemSeverity.Error, $"The vocabulary needs at least {least} ids: 256 bytes and {tokens.Length} special tokens.", least);
        }

        if (tokens.GroupBy(token => token).FirstOrDefault(group => group.Key.Length == 0 || group.Count() > 1) is { } bad)
        {
            yield return new Problem("special_token_twice", "special_tokens", ProblemSeverity.Error, $"The special token \"{bad.Key}\" is empty or given twice.", bad.Key);
        }

        foreach (var (field, token) in ((string, string?)[])[("bos_token", BosToken), ("eos_token", EosToken), ("pad_token", PadToken)])
        {
            if (token is null || tokens.Contains(token)) continue;
            yield return new Problem("special_token_unknown", field, ProblemSeverity.Error, $"{token} is not among the special tokens.", token);
        }

        if (AddBosToken && BosToken is null)
        {
            yield return new Problem("bos_missing", "bos_token", ProblemSeverity.Error, "A BOS token is to be added but none is named.");
        }
    }
}
