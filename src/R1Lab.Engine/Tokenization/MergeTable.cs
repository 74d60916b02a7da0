using System.Text.Json;

namespace R1Lab.Engine.Tokenization;

/// <summary>The learned merges: which two tokens become which, and in what order of preference.</summary>
internal sealed class MergeTable
{
    private readonly Dictionary<(int Left, int Right), (int Rank, int Result)> _merges;
    private readonly Vocabulary _vocabulary;

    private MergeTable(Dictionary<(int, int), (int, int)> merges, Vocabulary vocabulary)
    {
        _merges = merges;
        _vocabulary = vocabulary;
    }

    /// <summary>Reads both spellings, <c>"a b"</c> and <c>["a", "b"]</c>.</summary>
    /// <exception cref="BadInputException">A merge that is not two pieces, or names or makes a piece outside the vocabulary.</exception>
    public static MergeTable Read(JsonField field, Vocabulary vocabulary)
    {
        if (field.Value.ValueKind != JsonValueKind.Array) throw field.Wrong("merges_form", $"must be a JSON array of merges");
        var merges = new Dictionary<(int, int), (int, int)>(field.Value.GetArrayLength());
        var index = 0;
        foreach (var item in field.Value.EnumerateArray())
        {
            var (left, right) = Pieces(field, item, index);
            if (left is not null && right is not null)
            {
                var pair = (Id(field, vocabulary, index, left), Id(field, vocabulary, index, right));
                merges[pair] = (index, Id(field, vocabulary, index, left + right, (left, right)));
            }

            index++;
        }

        return new MergeTable(merges, vocabulary);
    }

    /// <summary>Rank (lower goes first) and resulting token of merging two neighbours, or null when they do not merge.</summary>
    public (int Rank, int Result)? Find(int left, int right) => _merges.TryGetValue((left, right), out var merge) ? merge : null;

    /// <summary>The merges by rank as <c>"a b"</c>. Pieces with a space are left out: no text in the byte alphabet has one.</summary>
    public IEnumerable<string> Lines() =>
        from merge in _merges
        orderby merge.Value.Rank
        let left = _vocabulary.TokenOf(merge.Key.Left)!
        let right = _vocabulary.TokenOf(merge.Key.Right)!
        where !left.Contains(' ') && !right.Contains(' ')
        select $"{left} {right}";

    private static (string? Left, string? Right) Pieces(JsonField field, JsonElement item, int index)
    {
        var place = new JsonField(field.Source, $"{field.Path}[{index}]", item);
        string[] pieces;
        if (item.ValueKind == JsonValueKind.String)
        {
            var line = place.Text();
            if (line.StartsWith("#version", StringComparison.Ordinal)) return (null, null);
            pieces = line.Split(' ');
        }
        else
        {
            pieces = item.ValueKind == JsonValueKind.Array ? [.. place.Items().Select(piece => piece.Text())] : [];
        }

        if (pieces is [{ Length: > 0 } left, { Length: > 0 } right]) return (left, right);
        throw place.Wrong("merge_form", $"merge {index}: must be two pieces, as \"a b\" or [\"a\", \"b\"]");
    }

    private static int Id(JsonField field, Vocabulary vocabulary, int index, string token, (string Left, string Right)? madeOf = null)
    {
        if (vocabulary.IdOf(token) is { } id) return id;
        var named = madeOf is var (left, right) ? $"{left} and {right} make {token}, which" : token;
        throw new BadInputException(field.Source, $"{field.Path}[{index}]", "merge_unknown", $"merge {index}: {named} is not in the vocab");
    }
}
