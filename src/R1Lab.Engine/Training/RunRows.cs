using R1Lab.Engine.Datasets;

namespace R1Lab.Engine.Training;

/// <summary>The rows of a run, held out ones apart.</summary>
internal sealed record RunRows(IReadOnlyList<TokenExample> Train, IReadOnlyList<TokenExample> Evaluation)
{
    /// <summary>The job's own evaluation rows, or a part of its training rows.</summary>
    public static RunRows Of(TrainingJob job)
    {
        var (train, evaluation) = job.Evaluation.Count > 0 ? (Sampled(job.Recipe, job.Train), job.Evaluation) : Split(job.Recipe, job.Train);
        return new RunRows(train, evaluation);
    }

    /// <summary>The rows a recipe uses, and of these the ones it holds out.</summary>
    public static (IReadOnlyList<TokenExample> Train, IReadOnlyList<TokenExample> Evaluation) Split(TrainingRecipe recipe, IReadOnlyList<TokenExample> rows) =>
        EvaluationSplit.Split(Sampled(recipe, rows), recipe.ValSize, recipe.Seed);

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
                        throw new BadInputException("dataset", $"row {rows[i].RowId ?? i}", $"token id {id} is not in the model's vocabulary of {vocabulary}");
                }
            }
        }
    }
}
