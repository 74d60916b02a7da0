using R1Lab.Data.Datasets;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Training;

namespace R1Lab.Web.Training;

/// <summary>A recipe with everything it names found. What could not be found is null, and a problem says why.</summary>
/// <param name="Recipe">The recipe as it will be carried out.</param>
/// <param name="Rows">The encoded rows that are trained and evaluated.</param>
public sealed record RunPlan(TrainingRecipe Recipe, ModelChoice? Model, Dataset? Dataset, IReadOnlyList<TokenExample> Rows, RunCheck Check);
