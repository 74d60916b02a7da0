using R1Lab.Engine.Datasets;
using R1Lab.Engine.Tokenization;

namespace R1Lab.Web.Training;

/// <summary>Why a row was picked, or what it shows.</summary>
public enum RowSampleKind { Shortest, Longest, WithThought, WithoutThought, Split }

/// <summary>A trained row, or a part of one, token by token.</summary>
/// <param name="Row">The dataset row's id.</param>
/// <param name="Part">From 1; a row that is not split has one part.</param>
public sealed record RowSample(int Row, int Part, int Parts, IReadOnlyList<RowSampleKind> Kinds, IReadOnlyList<TokenPiece> Pieces)
{
    public int Trained => Pieces.Count(piece => piece.Trained);
}

/// <summary>Picks rows worth looking at: the shortest, the longest, one that thinks, one that does not, a split one, and others by chance.</summary>
internal static class RowSampler
{
    private const int Rows = 10;

    /// <param name="seed">Another number, other rows by chance.</param>
    public static IReadOnlyList<RowSample> Of(EncodedRows data, int seed)
    {
        var examples = data.Set.Examples;
        if (examples.Count == 0) return [];

        var traits = data.Set.Corpus.Rows.Where(row => row.RowId is not null).ToDictionary(row => row.RowId!.Value);
        var order = SeededShuffle.Order(examples.Count, seed);
        int[] asked =
        [
            examples.Index().MinBy(one => one.Item.Length).Index,
            examples.Index().MaxBy(one => one.Item.Length).Index,
            First(order, at => Row(at) is { HasThought: true }),
            First(order, at => Row(at) is { HasThought: false, IsText: true }),
            First(order, at => data.Set.SplitRows.Count > 0 && data.Set.SplitRows.Contains(examples[at].RowId ?? -1)),
            .. order.Take(Rows),
        ];
        return [.. asked.Where(at => at >= 0).Distinct().Take(Rows).Select(at => Sample(data, at, Row(at), asked))];

        EncodedRow? Row(int at) => examples[at].RowId is { } id ? traits.GetValueOrDefault(id) : null;
    }

    private static RowSample Sample(EncodedRows data, int at, EncodedRow? row, int[] asked)
    {
        var example = data.Set.Examples[at];
        int[] parts = row is { IsText: true } && (row.Parts.Count > 1 || row.Length > example.Length) ? PartsOf(data.Set, example.RowId!.Value) : [at];
        return new(example.RowId ?? at, Array.IndexOf(parts, at) + 1, parts.Length, [.. Kinds(at, row, parts.Length, asked)], Pieces(example, data.Tokenizer));
    }

    private static IEnumerable<RowSampleKind> Kinds(int at, EncodedRow? row, int parts, int[] asked)
    {
        if (at == asked[0]) yield return RowSampleKind.Shortest;
        if (at == asked[1]) yield return RowSampleKind.Longest;
        if (row is { IsText: true }) yield return row.HasThought ? RowSampleKind.WithThought : RowSampleKind.WithoutThought;
        if (parts > 1) yield return RowSampleKind.Split;
    }

    private static int[] PartsOf(EncodedDataset set, int row) => [.. set.Examples.Index().Where(one => one.Item.RowId == row).Select(one => one.Index)];

    private static int First(int[] order, Func<int, bool> wanted) => order.Where(wanted).DefaultIfEmpty(-1).First();

    // A model without a tokenizer has numbers only.
    private static IReadOnlyList<TokenPiece> Pieces(TokenExample example, Tokenizer? tokenizer) => tokenizer is not null
        ? TokenView.Of(example, tokenizer)
        : [.. example.InputIds.Zip(example.Labels, (id, label) => new TokenPiece(id, $"{id} ", label != TokenExample.NotTrained))];
}
