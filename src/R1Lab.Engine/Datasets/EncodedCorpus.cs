namespace R1Lab.Engine.Datasets;

/// <summary>
/// Every row of a dataset as token ids, before anything was decided about their length. Encoding is the slow part, so it is done once;
/// another length limit is then a matter of milliseconds.
/// </summary>
public sealed class EncodedCorpus
{
    // The objects of a row and the headers of its two arrays.
    private const int RowBytes = 200;

    private EncodedCorpus(IReadOnlyList<EncodedRow> rows)
    {
        Rows = rows;
        Lengths = LengthHistogram.Of([.. rows.Select(row => row.Example.Length)]);
        (LowestId, HighestId) = IdRange(rows);
        Bytes = rows.Sum(row => RowBytes + ((long)row.Example.InputIds.Length + row.Example.Labels.Length) * sizeof(int));
    }

    /// <summary>In the dataset's order, those that are left out included.</summary>
    public IReadOnlyList<EncodedRow> Rows { get; }

    /// <summary>How long the rows are, whole.</summary>
    public LengthHistogram Lengths { get; }

    /// <summary>Memory of all rows, about.</summary>
    public long Bytes { get; }

    private int LowestId { get; }

    private int HighestId { get; }

    /// <summary>Encodes every row, several at once; token rows pass as they are.</summary>
    /// <param name="rows">Rows with their ids.</param>
    /// <param name="encoder">Null where all rows are token rows.</param>
    /// <exception cref="BadInputException">A text row and no encoder: the model has no tokenizer.</exception>
    public static EncodedCorpus Of(IEnumerable<(int Id, DatasetRow Row)> rows, ExampleEncoder? encoder)
    {
        try
        {
            // One processor stays free for whoever waits for the result.
            var parallel = rows.AsParallel().AsOrdered().WithDegreeOfParallelism(Math.Max(1, Environment.ProcessorCount - 1));
            return new([.. parallel.Select(row => Encode(row.Id, row.Row, encoder))]);
        }
        catch (AggregateException many) when (many.InnerExceptions.Count > 0)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(many.InnerExceptions[0]);
            throw;
        }
    }

    /// <summary>The dataset under a length limit. Rows of token ids are trained as they are given, however long.</summary>
    public EncodedDataset Under(int maxLength, OverlongRows overlong)
    {
        var (examples, omitted, split, trained) = (new List<TokenExample>(Rows.Count), new List<OmittedRow>(), new List<int>(), 0L);
        for (var place = 0; place < Rows.Count; place++)
        {
            var row = Rows[place];
            var parts = row.IsTrained && IsOverlong(row, maxLength) ? Split(row, maxLength, overlong) : [row.Example];
            var reason = row.IsTrained && parts.Count == 0 ? RowOmission.TooLong : row.Omission;
            if (reason != RowOmission.None)
            {
                omitted.Add(new OmittedRow(IdOf(place), reason, row.Example.Length));
                continue;
            }

            if (parts.Count > 1) split.Add(IdOf(place));
            trained += row.TrainedTokens;
            examples.AddRange(parts);
        }

        return new EncodedDataset(this, examples, omitted, split, trained);
    }

    /// <summary>The first token a model of this vocabulary does not know, with the row it stands in.</summary>
    public (int Row, int Id)? OutOfRange(int vocabulary)
    {
        if (LowestId >= 0 && HighestId < vocabulary) return null;

        for (var place = 0; place < Rows.Count; place++)
        {
            foreach (var id in IdsOf(Rows[place].Example))
            {
                if (id < 0 || id >= vocabulary) return (IdOf(place), id);
            }
        }

        return null;
    }

    private int IdOf(int place) => Rows[place].Example.RowId ?? place;

    private static bool IsOverlong(EncodedRow row, int maxLength) => row.PromptTokens is not null && row.Example.Length > maxLength;

    private static IReadOnlyList<TokenExample> Split(EncodedRow row, int maxLength, OverlongRows overlong) =>
        overlong == OverlongRows.Split ? OverlongSplitter.Split(row.Example, row.PromptTokens!.Value, maxLength) : [];

    private static EncodedRow Encode(int id, DatasetRow row, ExampleEncoder? encoder)
    {
        if (row.Tokens is { } tokens) return new EncodedRow(tokens with { RowId = id }, RowOmission.None, RowTraits.None, null);
        return encoder?.Encode(row, id)
            ?? throw new BadInputException("dataset", $"row {id}", "the model has no tokenizer, so only rows of input_ids and labels can be trained");
    }

    private static IEnumerable<int> IdsOf(TokenExample example) => example.InputIds.Concat(example.Labels.Where(label => label != TokenExample.NotTrained));

    private static (int Lowest, int Highest) IdRange(IReadOnlyList<EncodedRow> rows)
    {
        var (lowest, highest) = (0, -1);
        foreach (var id in rows.SelectMany(row => IdsOf(row.Example))) (lowest, highest) = (Math.Min(lowest, id), Math.Max(highest, id));
        return (lowest, highest);
    }
}
