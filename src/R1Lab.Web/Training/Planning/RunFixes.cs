using R1Lab.Data.Models;
using R1Lab.Data.Runs;
using R1Lab.Engine;
using R1Lab.Engine.Training;

namespace R1Lab.Web.Training;

/// <summary>A new run's recipe that avoids what went wrong in an earlier one.</summary>
/// <param name="Problem">What went wrong.</param>
/// <param name="Recipe">The recipe with the change made.</param>
/// <param name="Changes">The settings that changed: before, after.</param>
public sealed record RunFix(Problem Problem, TrainingRecipe Recipe, IReadOnlyList<ComparedSetting> Changes);

/// <summary>Looks at a run's numbers again for one finding of its diagnosis.</summary>
public sealed class RunFixes(RunStore runs, ModelStore models)
{
    private const string Diverged = TrainingEventKinds.Diverged;

    /// <param name="recipe">The run's recipe, as a new run would begin with it.</param>
    /// <param name="code">The finding's code.</param>
    /// <returns>Null when the run shows no such sign, or no setting mends it.</returns>
    public async Task<RunFix?> OfAsync(Run run, TrainingRecipe recipe, string code, CancellationToken cancellationToken = default)
    {
        var metrics = await runs.StepsAsync(run.Id, cancellationToken: cancellationToken);
        var diverged = (await runs.EventsAsync(run.Id, cancellationToken: cancellationToken)).LastOrDefault(happened => happened.Kind == Diverged)?.Step;
        var parameters = (await models.FindAsync(recipe.Model, cancellationToken))?.ParameterCount;
        var finding = Diagnosis.Of(metrics, recipe, run.TotalSteps, parameters, diverged).FirstOrDefault(one => one.Problem.Code == code);
        if (finding?.Fixed is not { } mended) return null;

        return new(finding.Problem, mended, [.. RecipeComparison.Of([recipe.ToJson(), mended.ToJson()]).Where(setting => setting.Differs)]);
    }
}
