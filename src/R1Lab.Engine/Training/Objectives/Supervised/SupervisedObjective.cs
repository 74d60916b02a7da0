namespace R1Lab.Engine.Training.Objectives.Supervised;

/// <summary>Supervised fine-tuning: the learned tokens of a row become more likely.</summary>
internal sealed class SupervisedObjective : IObjective
{
    public IReadOnlyList<string> Heads => [];

    public int RowsTogether => 1;

    public IEnumerable<Problem> Problems(TrainingRecipe recipe, RunRows rows)
    {
        if (!rows.Train.Any(row => row.TrainedTokens > 0))
            yield return new Problem("no_learned_token", "dataset", ProblemSeverity.Error, "no token of any training row is learned");
    }

    public ITrainingStream Open(TrainingSetup setup) => new SupervisedStream(setup);
}
