namespace R1Lab.Engine.Generation;

/// <summary>The highest logits of a row, without sorting a vocabulary of 150,000.</summary>
internal static class RankedLogits
{
    /// <returns>The <paramref name="count"/> highest, falling; of equals the higher token first (the end of a rising stable sort).</returns>
    public static (int Token, float Logit)[] Take(ReadOnlySpan<float> logits, int count)
    {
        count = Math.Min(count, logits.Length);
        // A heap with the weakest kept on top; most tokens fail the one comparison.
        var heap = new PriorityQueue<int, (float Logit, int Token)>(count);
        var weakest = (Logit: float.NegativeInfinity, Token: -1);
        for (var token = 0; token < logits.Length; token++)
        {
            if (heap.Count < count) heap.Enqueue(token, (logits[token], token));
            else if (logits[token] >= weakest.Logit) heap.EnqueueDequeue(token, (logits[token], token));
            else continue;
            if (heap.Count == count && heap.TryPeek(out var top, out _)) weakest = (logits[top], top);
        }

        var ranked = new (int, float)[count];
        for (var i = count - 1; i >= 0; i--)
        {
            var token = heap.Dequeue();
            ranked[i] = (token, logits[token]);
        }

        return ranked;
    }
}
