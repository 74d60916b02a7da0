namespace R1Lab.Engine.Generation;

/// <summary>
/// Changes of one row of logits before a token is drawn, each with the result of the processor of the same name in Hugging Face transformers.
/// A token ruled out has minus infinity.
/// </summary>
public static class LogitsProcessors
{
    public static void Temperature(Span<float> logits, double temperature)
    {
        var divisor = (float)temperature;
        for (var i = 0; i < logits.Length; i++) logits[i] /= divisor;
    }

    /// <summary>Every distinct token of <paramref name="tokens"/> is punished once.</summary>
    public static void RepetitionPenalty(Span<float> logits, IEnumerable<int> tokens, double penalty)
    {
        var factor = (float)penalty;
        foreach (var token in tokens is IReadOnlySet<int> distinct ? distinct : tokens.ToHashSet())
        {
            if ((uint)token >= (uint)logits.Length) continue;
            logits[token] = logits[token] < 0 ? logits[token] * factor : logits[token] / factor;
        }
    }

    /// <summary>OpenAI's penalties over the tokens of the reply.</summary>
    /// <param name="counts">How often each token stands in the reply.</param>
    public static void PresenceAndFrequency(Span<float> logits, IReadOnlyDictionary<int, int> counts, double presence, double frequency)
    {
        foreach (var (token, count) in counts)
        {
            if ((uint)token < (uint)logits.Length) logits[token] -= (float)(presence + frequency * count);
        }
    }

    /// <summary>Rules out every token that would repeat a run of <paramref name="size"/> tokens.</summary>
    public static void NoRepeatNgram(Span<float> logits, IReadOnlyList<int> tokens, int size)
    {
        for (var start = 0; start + size <= tokens.Count; start++)
        {
            var matches = true;
            for (var i = 0; i < size - 1 && matches; i++) matches = tokens[start + i] == tokens[tokens.Count - size + 1 + i];
            if (matches && (uint)tokens[start + size - 1] < (uint)logits.Length) logits[tokens[start + size - 1]] = float.NegativeInfinity;
        }
    }

    /// <summary>Keeps the k highest logits and whatever equals the lowest of them.</summary>
    public static void TopK(Span<float> logits, int k)
    {
        if (k >= logits.Length) return;
        var lowest = RankedLogits.Take(logits, k)[^1].Logit;
        foreach (ref var logit in logits)
        {
            if (logit < lowest) logit = float.NegativeInfinity;
        }
    }

    /// <summary>Keeps the most likely tokens until those before reach the probability.</summary>
    public static void TopP(Span<float> logits, double probability)
    {
        if (probability >= 1) return;
        var total = Exponentials(logits, out var highest);
        for (var count = Math.Min(256, logits.Length); ; count = Math.Min(count * 8, logits.Length))
        {
            var ranked = RankedLogits.Take(logits, count);
            var (reached, kept) = (0.0, 0);
            while (kept < ranked.Length && (kept == 0 || reached < probability)) reached += Math.Exp(ranked[kept++].Logit - highest) / total;
            if (kept == ranked.Length && count < logits.Length && reached < probability) continue;
            KeepOnly(logits, ranked.AsSpan(0, kept));
            return;
        }
    }

    /// <summary>Keeps tokens whose probability is at least this share of the highest.</summary>
    public static void MinP(Span<float> logits, double share)
    {
        var lowest = Highest(logits) + Math.Log(share);
        foreach (ref var logit in logits)
        {
            if (logit < lowest) logit = float.NegativeInfinity;
        }
    }

    /// <summary>Keeps the tokens whose surprise is nearest to the expected one until they reach the mass.</summary>
    public static void TypicalP(Span<float> logits, double mass)
    {
        if (mass >= 1) return;
        var total = Exponentials(logits, out var highest);
        var (offset, expected) = (highest + Math.Log(total), 0.0);
        foreach (var logit in logits)
        {
            if (!float.IsNegativeInfinity(logit)) expected -= Math.Exp(logit - offset) * (logit - offset);
        }

        var distances = new double[logits.Length];
        for (var i = 0; i < distances.Length; i++) distances[i] = Math.Abs(offset - logits[i] - expected);
        var order = Enumerable.Range(0, logits.Length).ToArray();
        Array.Sort((double[])distances.Clone(), order);
        var (reached, last) = (0.0, -1);
        while (last + 1 < order.Length && reached < mass) reached += Math.Exp(logits[order[++last]] - offset);
        var farthest = distances[order[Math.Max(last, 0)]];
        for (var i = 0; i < distances.Length; i++)
        {
            if (distances[i] > farthest) logits[i] = float.NegativeInfinity;
        }
    }

    /// <summary>The sum of exp(logit - highest).</summary>
    internal static double Exponentials(ReadOnlySpan<float> logits, out float highest)
    {
        highest = Highest(logits);
        var total = 0.0;
        foreach (var logit in logits)
        {
            if (!float.IsNegativeInfinity(logit)) total += Math.Exp(logit - highest);
        }

        return total;
    }

    /// <summary>The first index of the highest logit; -1 when one is not a number.</summary>
    internal static int IndexOfHighest(ReadOnlySpan<float> logits)
    {
        var (index, highest) = (0, logits[0]);
        for (var i = 0; i < logits.Length; i++)
        {
            if (logits[i] > highest) (index, highest) = (i, logits[i]);
            else if (float.IsNaN(logits[i])) return -1;
        }

        return index;
    }

    private static float Highest(ReadOnlySpan<float> logits) => IndexOfHighest(logits) is >= 0 and var index ? logits[index] : float.NaN;

    private static void KeepOnly(Span<float> logits, ReadOnlySpan<(int Token, float Logit)> kept)
    {
        logits.Fill(float.NegativeInfinity);
        foreach (var (token, logit) in kept) logits[token] = logit;
    }
}
