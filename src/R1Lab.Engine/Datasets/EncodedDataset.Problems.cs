namespace R1Lab.Engine.Datasets;

public sealed partial record EncodedDataset
{
    /// <summary>What the user should know about this data under this policy before the start.</summary>
    public IEnumerable<Problem> Problems(ThinkingPolicy policy, bool modelThinks) =>
        [.. Emptiness(), .. Omissions(), .. PromptLearned(), .. modelThinks ? Thoughts(policy) : []];

    private IEnumerable<Problem> Emptiness()
    {
        if (Examples.Count == 0)
            yield return new Problem("nothing_to_train", "dataset", ProblemSeverity.Error, $"None of the {Rows} rows can be trained.", Rows);
        else if (TrainedTokens == 0)
            yield return new Problem("nothing_trained", "dataset", ProblemSeverity.Error, "No token of this dataset would be learned: every label says \"not trained\".");
    }

    private IEnumerable<Problem> Omissions()
    {
        foreach (var group in Omitted.GroupBy(row => row.Reason))
        {
            var (count, code) = (group.Count(), $"rows_omitted_{SnakeCase.Of(group.Key)}");
            yield return new Problem(code, FieldOf(group.Key), ProblemSeverity.Warning, $"{count} of {Rows} rows are left out: {Explain(group.Key)}.", count, Rows);
        }

        if (ShortenedRows.Count > 0)
            yield return new Problem("answers_omitted_too_long", "max_length", ProblemSeverity.Warning, $"{ShortenedRows.Count} of {Rows} conversations lose answers that are longer than max_length with what stands before them.", ShortenedRows.Count, Rows);
        if (Corpus.Rows.Count(row => row.Traits.HasFlag(RowTraits.NotWritten)) is var unwritten and > 0)
            yield return new Problem("turns_not_written", "dataset", ProblemSeverity.Warning, $"The chat template of the model leaves turns or tools of {unwritten} of {Rows} rows out: the model never sees them.", unwritten, Rows);
        if (SplitRows.Count > 0)
            yield return new Problem("rows_split", "overlong_rows", ProblemSeverity.Note, $"{SplitRows.Count} of {Rows} rows are longer than max_length and are learned in parts.", SplitRows.Count, Rows);
    }

    /// <summary>The prompt is never learned from rows of text, unless it stands in the response. What rows of token ids learn is their author's word.</summary>
    private IEnumerable<Problem> PromptLearned()
    {
        var inside = Corpus.Rows.Count(row => (row.Traits & (RowTraits.RepeatsPrompt | RowTraits.TurnMarks)) != 0);
        if (inside * 2 > TextRows)
            yield return new Problem("prompt_learned", "dataset", ProblemSeverity.Confirmation, $"The responses of {inside} of {Rows} rows hold their prompt, or marks of other turns: the model would learn to write prompts.", inside, Rows);
        else if (inside > 0)
            yield return new Problem("prompt_in_response", "dataset", ProblemSeverity.Warning, $"The responses of {inside} of {Rows} rows hold their prompt, or marks of other turns.", inside, Rows);
        var whole = Corpus.Rows.Count(row => row.LearnsEverything);
        if (whole > 0)
            yield return new Problem("everything_learned", "dataset", ProblemSeverity.Warning, $"Every token of {whole} rows of token ids is learned, their prompts included. Labels of -100 keep a prompt from being learned.", whole);
    }

    private IEnumerable<Problem> Thoughts(ThinkingPolicy policy)
    {
        if (policy == ThinkingPolicy.NoThinking && TextRows > 0)
            yield return new Problem("teaches_not_to_think", "thinking_policy", ProblemSeverity.Confirmation, "This policy teaches the model to answer without thinking.");
        // The empty thought is shown and never learned, so this cannot teach to stop thinking by itself: a warning is enough.
        var (without, empty) = (TextRows - RowsWithThought, Corpus.Rows.Count(row => row.Traits.HasFlag(RowTraits.EmptyThought)));
        if (policy == ThinkingPolicy.KeepThoughts && without * 2 > TextRows)
            yield return new Problem("most_rows_without_thought", "thinking_policy", ProblemSeverity.Warning, $"{without} of {TextRows} rows have no thought. Only their answers are learned, behind an empty thought that is not; look at the probe prompts whether the model still thinks.", without, TextRows);
        else if (policy == ThinkingPolicy.KeepThoughts && without > 0)
            yield return new Problem("rows_without_thought", "thinking_policy", ProblemSeverity.Note, $"{without} of {TextRows} rows have no thought; only their answers are learned, so that the model does not unlearn thinking.", without, TextRows);
        if (policy is ThinkingPolicy.KeepThoughts or ThinkingPolicy.AnswerOnly && empty > 0)
            yield return new Problem("rows_with_empty_thought", "thinking_policy", ProblemSeverity.Warning, $"{empty} of {TextRows} rows have an empty thought; it is shown to the model and not learned.", empty, TextRows);
    }

    private static string FieldOf(RowOmission reason) => reason switch
    {
        RowOmission.TooLong => "max_length",
        RowOmission.TemplateRefuses or RowOmission.NothingLearned => "dataset",
        _ => "thinking_policy",
    };

    private static string Explain(RowOmission reason) => reason switch
    {
        RowOmission.TooLong => "they are longer than max_length",
        RowOmission.NoThought => "they have no thought",
        RowOmission.UnclosedThought => "their thought is never closed by </think>",
        RowOmission.TemplateRefuses => "the chat template of the model refuses them",
        _ => "nothing of them would be learned",
    };
}
