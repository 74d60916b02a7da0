namespace R1Lab.Engine.Datasets;

/// <summary>A whole dataset as it is trained, with what must be known before that.</summary>
/// <param name="Corpus">All rows, before the length limit.</param>
/// <param name="Examples">What is trained; a split row is several of them.</param>
/// <param name="Omitted">Rows that are left out.</param>
/// <param name="SplitRows">Ids of rows that became several examples.</param>
/// <param name="TrainedTokens">Predictions that are scored in one pass.</param>
public sealed partial record EncodedDataset(
    EncodedCorpus Corpus, IReadOnlyList<TokenExample> Examples, IReadOnlyList<OmittedRow> Omitted, IReadOnlyList<int> SplitRows, long TrainedTokens)
{
    /// <summary>Rows of the dataset.</summary>
    public int Rows => Corpus.Rows.Count;

    /// <summary>Rows of text; of rows of token ids nobody knows where the prompt ends or whether they think.</summary>
    public int TextRows { get; } = Corpus.Rows.Count(row => row.IsText);

    public int RowsWithThought { get; } = Corpus.Rows.Count(row => row.HasThought);

    /// <summary>Tokens of all examples.</summary>
    public long Tokens { get; } = Examples.Sum(example => (long)example.Length);

    /// <summary>Of all examples, in tokens.</summary>
    public int LongestRow { get; } = Examples.Count == 0 ? 0 : Examples.Max(example => example.Length);

    /// <summary>Ids of conversations that lose answers to the length limit and keep others.</summary>
    public IReadOnlyList<int> ShortenedRows { get; init; } = [];

    /// <summary>Rows that could be trained, where only a sample of them is.</summary>
    public int? SampledFrom { get; private init; }

    /// <summary>The dataset with a sample of its rows trained (<see cref="SampledRows"/>).</summary>
    public EncodedDataset Sample(int? most, long seed)
    {
        var taken = SampledRows.Of(Examples, most, seed);
        if (taken.Count == Examples.Count) return this;
        var kept = taken.Select(row => row.RowId).OfType<int>().ToHashSet();
        var all = Examples.Select(row => row.RowId).Distinct().Count();
        return new(Corpus, taken, Omitted, [.. SplitRows.Where(kept.Contains)], taken.Sum(row => (long)row.TrainedTokens)) { SampledFrom = all, ShortenedRows = [.. ShortenedRows.Where(kept.Contains)] };
    }

    /// <summary>Encodes every row; token rows pass as they are. The encoder's own length limit holds.</summary>
    /// <param name="rows">Rows with their ids.</param>
    /// <param name="encoder">Null where all rows are token rows.</param>
    /// <exception cref="BadInputException">A text row and no encoder: the model has no tokenizer.</exception>
    public static EncodedDataset Of(IEnumerable<(int Id, DatasetRow Row)> rows, ExampleEncoder? encoder) =>
        EncodedCorpus.Of(rows, encoder).Under(int.MaxValue, OverlongRows.Drop);
}
