using R1Lab.Engine.Datasets;

namespace R1Lab.Engine.Training;

/// <summary>The rows of a run, held out ones apart.</summary>
internal sealed record RunRows(IReadOnlyList<TokenExample> Train, IReadOnlyList<TokenExample> Evaluation)
{
    /// <summary>The job's own evaluation rows, or a part of its training rows.</summary>
    /// <param name="together">So many neighbouring rows are held out together.</param>
    public static RunRows Of(TrainingJob job, int together = 1)
    {
        if (job.Evaluation.Count > 0) return new RunRows(Sampled(job.Recipe, job.Train), job.Evaluation);
        var (train, evaluation) = Split(job.Recipe, job.Train, together);
        return new RunRows(train, evaluation);
    }

    /// <summary>The rows a recipe uses, and of these the ones it holds out.</summary>
    /// <param name="together">So many neighbouring rows are held out together and count as one.</param>
    public static (IReadOnlyList<TokenExample> Train, IReadOnlyList<TokenExample> Evaluation) Split(
        TrainingRecipe recipe, IReadOnlyList<TokenExample> rows, int together = 1)
    {
        var used = Sampled(recipe, rows);
        if (together == 1) return EvaluationSplit.Split(used, recipe.ValSize, recipe.Seed);
        var (train, evaluation) = EvaluationSplit.Split<TokenExample[]>([.. used.Chunk(together)], recipe.ValSize, recipe.Seed);
        return ([.. train.SelectMany(group => group)], [.. evaluation.SelectMany(group => group)]);
    }

    private static IReadOnlyList<TokenExample> Sampled(TrainingRecipe recipe, IReadOnlyList<TokenExample> rows) => SampledRows.Of(rows, recipe.MaxSamples, recipe.Seed);

    /// <summary>Most tokens of a line of a training batch.</summary>
    public int LongestLine(TrainingRecipe recipe) => Math.Max(recipe.Packing ? recipe.MaxLength : 0, Train.Max(row => row.Length));

    /// <exception cref="BadInputException">A row has a token the model does not know.</exception>
    public void CheckTokens(int vocabulary)
    {
        foreach (var rows in (IReadOnlyList<TokenExample>[])[Train, Evaluation])
        {
            for (var i = 0; i < rows.Count; i++)
            {
                foreach (var id in rows[i].InputIds.Concat(rows[i].Labels.Where(label => label != TokenExample.NotTrained)))
                {
                    if (id < 0 || id >= vocabulary)
                        throw new BadInputException("dataset", $"row {rows[i].RowId ?? i}", "token_out_of_range", $"token id {id} is not in the model's vocabulary of {vocabulary}");
                }
            }
        }
    }
}
