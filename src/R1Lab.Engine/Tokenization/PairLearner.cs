namespace R1Lab.Engine.Tokenization;

/// <summary>
/// Counted words and the merges learned from them so far. Counts are kept up to date word by word; the queue may hold counts that have fallen
/// since, which are put right when they come up.
/// </summary>
internal sealed class PairLearner
{
    private readonly List<string> _tokens = [];
    private readonly List<(string Left, string Right)> _merges = [];
    private readonly List<(int[] Symbols, long Count)> _words = [];
    private readonly Dictionary<(int Left, int Right), long> _counts = [];
    private readonly Dictionary<(int Left, int Right), HashSet<int>> _places = [];
    private readonly PriorityQueue<(int Left, int Right), (long, int, int)> _queue = new();

    /// <param name="words">Words in the byte alphabet and how often each was seen.</param>
    public PairLearner(IReadOnlyDictionary<string, long> words)
    {
        _tokens.AddRange(Enumerable.Range(0, 256).Select(value => ByteAlphabet.CharacterOf((byte)value)).Order().Select(unit => unit.ToString()));
        var ids = Enumerable.Range(0, 256).ToDictionary(id => _tokens[id][0]);
        foreach (var (word, count) in words.OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            _words.Add(([.. word.Select(unit => ids[unit])], count));
            AddPairs(_words.Count - 1, +1);
        }

        foreach (var pair in _counts.Keys) Offer(pair);
    }

    /// <summary>Tokens by id: the bytes, then one for each merge.</summary>
    public IReadOnlyList<string> Tokens => _tokens;

    public IReadOnlyList<(string Left, string Right)> Merges => _merges;

    /// <summary>Merges the most frequent pair (of equals the one with the lower ids); false when none is frequent enough.</summary>
    public bool MergeNext(long minimumCount)
    {
        while (_queue.TryDequeue(out var pair, out var priority))
        {
            var count = _counts.GetValueOrDefault(pair);
            if (count < Math.Max(1, minimumCount)) continue;
            if (count != -priority.Item1)
            {
                Offer(pair);
                continue;
            }

            Merge(pair);
            return true;
        }

        return false;
    }

    private void Merge((int Left, int Right) pair)
    {
        var merged = _tokens.Count;
        _merges.Add((_tokens[pair.Left], _tokens[pair.Right]));
        _tokens.Add(_tokens[pair.Left] + _tokens[pair.Right]);
        var risen = new HashSet<(int, int)>();
        foreach (var index in _places[pair].ToArray())
        {
            AddPairs(index, -1);
            _words[index] = (Replace(_words[index].Symbols, pair, merged), _words[index].Count);
            AddPairs(index, +1);
            var symbols = _words[index].Symbols;
            for (var at = 0; at + 1 < symbols.Length; at++)
            {
                if (symbols[at] == merged || symbols[at + 1] == merged) risen.Add((symbols[at], symbols[at + 1]));
            }
        }

        foreach (var neighbours in risen) Offer(neighbours);
    }

    private static int[] Replace(int[] symbols, (int Left, int Right) pair, int merged)
    {
        var result = new List<int>(symbols.Length);
        for (var at = 0; at < symbols.Length; at++)
        {
            var here = at + 1 < symbols.Length && symbols[at] == pair.Left && symbols[at + 1] == pair.Right;
            result.Add(here ? merged : symbols[at]);
            if (here) at++;
        }

        return [.. result];
    }

    private void AddPairs(int index, int sign)
    {
        var (symbols, count) = _words[index];
        for (var at = 0; at + 1 < symbols.Length; at++)
        {
            var pair = (symbols[at], symbols[at + 1]);
            _counts[pair] = _counts.GetValueOrDefault(pair) + (sign * count);
            if (!_places.TryGetValue(pair, out var places)) _places[pair] = places = [];
            if (sign > 0) places.Add(index);
            else places.Remove(index);
        }
    }

    private void Offer((int Left, int Right) pair) => _queue.Enqueue(pair, (-_counts[pair], pair.Left, pair.Right));
}
