namespace R1Lab.Engine.Training.Objectives;

/// <summary>What an objective makes its stream of.</summary>
/// <param name="Recipe">The effective recipe.</param>
/// <param name="Rows">At least one training row.</param>
/// <param name="Model">The model in training; it stays the caller's.</param>
internal sealed record TrainingSetup(TrainingRecipe Recipe, RunRows Rows, Trainables Model);
