namespace R1Lab.Engine.Training.Objectives;

/// <summary>
/// What a run learns: which rows suit it, what its steps consist of and what enters the loss. The forward pass, checkpointing and the
/// chunked vocabulary are the same for every objective.
/// </summary>
internal interface IObjective
{
    /// <summary>The scalar heads it trains beside the model, by name (for example <c>score</c>).</summary>
    IReadOnlyList<string> Heads { get; }

    /// <summary>
    /// How many neighbouring rows mean something together only, such as the two answers of a pair: they are held out and evaluated
    /// together.
    /// </summary>
    int RowsTogether { get; }

    /// <summary>
    /// What is wrong with these settings and rows for this objective. An error refuses the run before the model is read.
    /// </summary>
    IEnumerable<Problem> Problems(TrainingRecipe recipe, RunRows rows);

    /// <summary>The steps of a run, from the first one on.</summary>
    ITrainingStream Open(TrainingSetup setup);
}
