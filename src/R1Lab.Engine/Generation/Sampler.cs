namespace R1Lab.Engine.Generation;

/// <summary>Chooses the tokens of one request. Processors come in Hugging Face's order: penalties, temperature, top-k, top-p, min-p, typical-p.</summary>
public sealed class Sampler
{
    private readonly GenerationSettings _settings;
    private readonly CounterRandom _random;
    private readonly HashSet<int> _seen;
    private readonly List<int> _tokens;
    private readonly Dictionary<int, int> _counts = [];

    /// <param name="settings">Settings without errors.</param>
    /// <param name="prompt">The prompt's tokens, which the repetition penalty counts.</param>
    public Sampler(GenerationSettings settings, IReadOnlyList<int> prompt)
    {
        _settings = settings;
        _random = new CounterRandom(settings.Seed ?? Random.Shared.NextInt64());
        _seen = [.. prompt];
        _tokens = [.. prompt];
    }

    /// <summary>The seed in use, drawn when the settings gave none.</summary>
    public long Seed => _random.Seed;

    /// <summary>Chooses a token and remembers it for the penalties.</summary>
    /// <param name="logits">One row [Vocab]; changed in place.</param>
    /// <exception cref="ArithmeticException">No token has a probability: the logits are not numbers.</exception>
    public int Choose(Span<float> logits)
    {
        Process(logits);
        var token = _settings.Temperature == 0 ? Likeliest(logits) : Draw(logits);
        Remember(token);
        return token;
    }

    /// <summary>Applies every processor the settings ask for.</summary>
    public void Process(Span<float> logits)
    {
        if (_settings.RepetitionPenalty != 1) LogitsProcessors.RepetitionPenalty(logits, _seen, _settings.RepetitionPenalty);
        if (_settings.PresencePenalty != 0 || _settings.FrequencyPenalty != 0)
        {
            LogitsProcessors.PresenceAndFrequency(logits, _counts, _settings.PresencePenalty, _settings.FrequencyPenalty);
        }

        if (_settings.NoRepeatNgramSize > 0) LogitsProcessors.NoRepeatNgram(logits, _tokens, _settings.NoRepeatNgramSize);
        if (_settings.Temperature == 0) return;
        if (_settings.Temperature != 1) LogitsProcessors.Temperature(logits, _settings.Temperature);
        if (_settings.TopK > 0) LogitsProcessors.TopK(logits, _settings.TopK);
        if (_settings.TopP < 1) LogitsProcessors.TopP(logits, _settings.TopP);
        if (_settings.MinP > 0) LogitsProcessors.MinP(logits, _settings.MinP);
        if (_settings.TypicalP < 1) LogitsProcessors.TypicalP(logits, _settings.TypicalP);
    }

    private void Remember(int token)
    {
        _seen.Add(token);
        _tokens.Add(token);
        _counts[token] = _counts.GetValueOrDefault(token) + 1;
    }

    private static int Likeliest(ReadOnlySpan<float> logits)
    {
        var token = LogitsProcessors.IndexOfHighest(logits);
        return token >= 0 && float.IsFinite(logits[token]) ? token : throw NotNumbers();
    }

    private int Draw(ReadOnlySpan<float> logits)
    {
        var total = LogitsProcessors.Exponentials(logits, out var highest);
        if (!double.IsFinite(total) || total <= 0) throw NotNumbers();
        var (left, last) = (_random.Next() * total, -1);
        for (var token = 0; token < logits.Length; token++)
        {
            if (float.IsNegativeInfinity(logits[token])) continue;
            last = token;
            left -= Math.Exp(logits[token] - highest);
            if (left < 0) return token;
        }

        return last;
    }

    private static ArithmeticException NotNumbers() => new("The model's output is not a number: its weights or its adapter are damaged or overflow.");
}
