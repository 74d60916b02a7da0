using R1Lab.Engine.Tokenization;

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
        Lengths = LengthHistogram.Of([.. rows.SelectMany(row => row.Parts).Select(part => part.Example.Length)]);
        (LowestId, HighestId) = IdRange(rows);
        Bytes = rows.SelectMany(row => row.Parts).Sum(part => RowBytes + ((long)part.Example.InputIds.Length + part.Example.Labels.Length) * sizeof(int));
    }

    /// <summary>In the dataset's order, those that are left out included.</summary>
    public IReadOnlyList<EncodedRow> Rows { get; }

    /// <summary>How long the examples are, whole.</summary>
    public LengthHistogram Lengths { get; }

    /// <summary>Memory of all rows, about.</summary>
    public long Bytes { get; }

    private int LowestId { get; }

    private int HighestId { get; }

    /// <summary>Encodes every row, several at once; token rows pass as they are.</summary>
    /// <param name="rows">Rows with their ids.</param>
    /// <param name="encoder">Null where all rows are token rows.</param>
    /// <exception cref="BadInputException">A text row and no encoder: the model has no tokenizer.</exception>
    /// <exception cref="ChatTemplateException">The template refuses every row.</exception>
    public static EncodedCorpus Of(IEnumerable<(int Id, DatasetRow Row)> rows, ExampleEncoder? encoder)
    {
        try
        {
            // One processor stays free for whoever waits for the result.
            var parallel = rows.AsParallel().AsOrdered().WithDegreeOfParallelism(Math.Max(1, Environment.ProcessorCount - 1));
            List<EncodedRow> encoded = [.. parallel.Select(row => Encode(row.Id, row.Row, encoder))];
            if (encoded.Count > 0 && encoded.TrueForAll(row => row.Refusal is not null)) throw encoded[0].Refusal!;
            return new(encoded);
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
        var (examples, omitted, split, shortened) = (new List<TokenExample>(Rows.Count), new List<OmittedRow>(), new List<int>(), new List<int>());
        for (var place = 0; place < Rows.Count; place++)
        {
            var row = Rows[place];
            var before = examples.Count;
            var (isSplit, isShortened) = (false, false);
            foreach (var part in row.IsTrained ? row.Parts : [])
            {
                var pieces = IsOverlong(part, maxLength) ? Split(part, maxLength, overlong) : [part.Example];
                isSplit |= pieces.Count > 1;
                isShortened |= pieces.Count == 0;
                examples.AddRange(pieces);
            }

            if (examples.Count == before) omitted.Add(new OmittedRow(IdOf(place), row.IsTrained ? RowOmission.TooLong : row.Omission, row.Length));
            else if (isShortened) shortened.Add(IdOf(place));
            if (isSplit) split.Add(IdOf(place));
        }

        return new EncodedDataset(this, examples, omitted, split, examples.Sum(example => (long)example.TrainedTokens)) { ShortenedRows = shortened };
    }

    /// <summary>The first token a model of this vocabulary does not know, with the row it stands in.</summary>
    public (int Row, int Id)? OutOfRange(int vocabulary)
    {
        if (LowestId >= 0 && HighestId < vocabulary) return null;

        for (var place = 0; place < Rows.Count; place++)
        {
            foreach (var id in IdsOf(Rows[place]))
            {
                if (id < 0 || id >= vocabulary) return (IdOf(place), id);
            }
        }

        return null;
    }

    private int IdOf(int place) => Rows[place].RowId ?? place;

    private static bool IsOverlong(EncodedPart part, int maxLength) => part.PromptTokens is not null && part.Example.Length > maxLength;

    private static IReadOnlyList<TokenExample> Split(EncodedPart part, int maxLength, OverlongRows overlong) =>
        overlong == OverlongRows.Split ? OverlongSplitter.Split(part.Example, part.PromptTokens!.Value, maxLength) : [];

    private static EncodedRow Encode(int id, DatasetRow row, ExampleEncoder? encoder)
    {
        if (row is TokenRow tokens) return new EncodedRow([new EncodedPart(tokens.Example with { RowId = id }, null)], RowOmission.None, RowTraits.None) { RowId = id };
        return encoder?.Encode((ConversationRow)row, id)
            ?? throw new BadInputException("dataset", $"row {id}", "model_no_tokenizer", $"the model has no tokenizer, so only rows of input_ids and labels can be trained");
    }

    private static IEnumerable<int> IdsOf(EncodedRow row) =>
        row.Parts.SelectMany(part => part.Example.InputIds.Concat(part.Example.Labels.Where(label => label != TokenExample.NotTrained)));

    private static (int Lowest, int Highest) IdRange(IReadOnlyList<EncodedRow> rows)
    {
        var (lowest, highest) = (0, -1);
        foreach (var id in rows.SelectMany(IdsOf)) (lowest, highest) = (Math.Min(lowest, id), Math.Max(highest, id));
        return (lowest, highest);
    }
}
