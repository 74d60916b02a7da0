using R1Lab.Data.Runs;
using R1Lab.Engine.Training;

namespace R1Lab.Web.Running;

/// <summary>How fast the same model was trained by the same method before, on this machine.</summary>
public sealed class RunPace(RunStore runs)
{
    private const int RunsLookedAt = 20;

    /// <summary>Tokens a second, or null when no run was measured yet.</summary>
    public async Task<double?> MeasuredAsync(TrainingRecipe recipe, CancellationToken cancellationToken = default)
    {
        var earlier = await runs.ListAsync(RunStatus.Finished, cancellationToken);
        foreach (var run in earlier.Where(run => run.ModelName == recipe.Model).Take(RunsLookedAt))
        {
            if (TrainingRecipe.Parse(run.RecipeJson, out _) is not { } before || before.Method != recipe.Method) continue;

            var paces = (await runs.MetricsAsync(run.Id, cancellationToken: cancellationToken))
                .Select(metric => metric.TokensPerSecond).Where(pace => pace > 0).Order().ToList();
            if (paces.Count > 0) return paces[paces.Count / 2];
        }

        return null;
    }
}
