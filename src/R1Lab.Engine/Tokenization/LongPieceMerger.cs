namespace R1Lab.Engine.Tokenization;

/// <summary>
/// Byte pair merges of one very long piece (a kilobyte of letters without a break) in n log n. The library's own merging grows with the square
/// of the length there, and a piece can be as long as what somebody pastes.
/// </summary>
internal sealed class LongPieceMerger(MergeTable merges)
{
    /// <summary>Merges the symbols: always the pair of lowest rank, the leftmost of equals.</summary>
    public IEnumerable<int> Merge(int[] symbols)
    {
        var next = Enumerable.Range(1, symbols.Length).ToArray();
        var previous = Enumerable.Range(-1, symbols.Length).ToArray();
        var waiting = new PriorityQueue<(int At, int Left, int Right), (int Rank, int At)>();
        for (var at = 0; at + 1 < symbols.Length; at++) Offer(at);

        while (waiting.TryDequeue(out var pair, out _))
        {
            var right = next[pair.At];

            // Either half may have become part of another token since the pair was offered.
            if (symbols[pair.At] != pair.Left || right >= symbols.Length || symbols[right] != pair.Right) continue;
            symbols[pair.At] = merges.Find(pair.Left, pair.Right)!.Value.Result;
            symbols[right] = -1;
            next[pair.At] = next[right];
            if (next[right] < symbols.Length) previous[next[right]] = pair.At;
            if (previous[pair.At] >= 0) Offer(previous[pair.At]);
            Offer(pair.At);
        }

        return symbols.Where(symbol => symbol >= 0);

        void Offer(int at)
        {
            var right = next[at];
            if (right < symbols.Length && merges.Find(symbols[at], symbols[right]) is { } merge)
            {
                waiting.Enqueue((at, symbols[at], symbols[right]), (merge.Rank, at));
            }
        }
    }
}
