namespace R1Lab.Engine.Datasets;

/// <summary>Why a row is not trained.</summary>
public enum RowOmission
{
    /// <summary>It is trained.</summary>
    None,

    /// <summary>Longer than the length limit; an answer is never cut.</summary>
    TooLong,

    /// <summary>It has no thought and the policy leaves such rows out.</summary>
    NoThought,

    /// <summary>Its thought is opened and never closed.</summary>
    UnclosedThought,

    /// <summary>No token of it would be learned.</summary>
    NothingLearned,
}

/// <summary>A row as the model sees it.</summary>
/// <param name="Example">Token ids and labels, whole also where the row is left out.</param>
/// <param name="Omission">Why it is left out, or <see cref="RowOmission.None"/>.</param>
/// <param name="HasThought">Whether the response holds a thought.</param>
public sealed record EncodedRow(TokenExample Example, RowOmission Omission, bool HasThought)
{
    public bool IsTrained => Omission == RowOmission.None;
}

/// <summary>A row that is left out.</summary>
/// <param name="Row">Its id, or its place in the dataset.</param>
public sealed record OmittedRow(int Row, RowOmission Reason, int Tokens);

/// <summary>A whole dataset as token ids, with what must be known before training on it.</summary>
public sealed record EncodedDataset(IReadOnlyList<TokenExample> Examples, IReadOnlyList<OmittedRow> Omitted, int RowsWithThought)
{
    public int Rows => Examples.Count + Omitted.Count;

    public long Tokens => Examples.Sum(example => (long)example.Length);

    public long TrainedTokens => Examples.Sum(example => (long)example.TrainedTokens);

    public int LongestRow => Examples.Count == 0 ? 0 : Examples.Max(example => example.Length);

    /// <summary>Encodes every row; token rows pass as they are.</summary>
    /// <param name="rows">Rows with their ids.</param>
    /// <param name="encoder">Null where all rows are token rows.</param>
    /// <exception cref="BadInputException">A text row and no encoder: the model has no tokenizer.</exception>
    public static EncodedDataset Of(IEnumerable<(int Id, DatasetRow Row)> rows, ExampleEncoder? encoder)
    {
        var (examples, omitted, thoughts) = (new List<TokenExample>(), new List<OmittedRow>(), 0);
        foreach (var (id, row) in rows)
        {
            if (row.Tokens is { } tokens)
            {
                examples.Add(tokens with { RowId = id });
                continue;
            }

            if (encoder is null) throw new BadInputException("dataset", $"row {id}", "the model has no tokenizer, so only rows of input_ids and labels can be trained");
            var encoded = encoder.Encode(row, id);
            if (encoded.HasThought) thoughts++;
            if (encoded.IsTrained) examples.Add(encoded.Example);
            else omitted.Add(new OmittedRow(id, encoded.Omission, encoded.Example.Length));
        }

        return new EncodedDataset(examples, omitted, thoughts);
    }

    /// <summary>What the user should know about this data under this policy before the start.</summary>
    public IEnumerable<Problem> Problems(ThinkingPolicy policy, bool modelThinks)
    {
        if (Examples.Count == 0) yield return new Problem("nothing_to_train", "dataset", ProblemSeverity.Error, $"None of the {Rows} rows can be trained.", Rows);
        foreach (var group in Omitted.GroupBy(row => row.Reason))
        {
            var (count, code) = (group.Count(), $"rows_omitted_{SnakeCase.Of(group.Key)}");
            yield return new Problem(code, group.Key == RowOmission.TooLong ? "max_length" : "thinking_policy", ProblemSeverity.Warning, $"{count} of {Rows} rows are left out: {Explain(group.Key)}.", count, Rows);
        }

        var without = Rows - RowsWithThought;
        if (modelThinks && policy == ThinkingPolicy.KeepThoughts && without > 0)
            yield return new Problem("rows_without_thought", "thinking_policy", ProblemSeverity.Note, $"{without} of {Rows} rows have no thought; only their answers are learned, so that the model does not unlearn thinking.", without, Rows);
        if (modelThinks && policy == ThinkingPolicy.NoThinking)
            yield return new Problem("teaches_not_to_think", "thinking_policy", ProblemSeverity.Warning, "This policy teaches the model to answer without thinking.");
    }

    private static string Explain(RowOmission reason) => reason switch
    {
        RowOmission.TooLong => "they are longer than max_length",
        RowOmission.NoThought => "they have no thought",
        RowOmission.UnclosedThought => "their thought is never closed by </think>",
        _ => "nothing of them would be learned",
    };
}
