using R1Lab.Data.Runs;
using R1Lab.Engine.Training;
using R1Lab.Engine.Training.Reporting;

namespace R1Lab.Web.Training;

/// <summary>Tokens a second of comparable runs.</summary>
/// <param name="Slowest">Nine of ten logged steps of the slowest run were faster.</param>
/// <param name="Typical">The median of the runs' medians.</param>
/// <param name="Fastest">Nine of ten logged steps of the fastest run were slower.</param>
/// <param name="Runs">How many there were.</param>
public sealed record MeasuredPace(double Slowest, double Typical, double Fastest, int Runs);

/// <summary>How fast comparable runs were on this machine: the same model, method, type of arithmetic and device, and rows of about the same length.</summary>
public sealed class RunPace(RunStore runs)
{
    private const int RunsRead = 50;
    private const int MostRuns = 5;
    private const double MostLengthRatio = 2;

    /// <param name="recipe">The run to come.</param>
    /// <param name="isCuda">Whether it will be on a card.</param>
    /// <param name="tokensPerLine">Mean length of its rows, or of its packs of rows.</param>
    /// <param name="cancellationToken">Gives up waiting for the database.</param>
    /// <returns>Null when no comparable run was measured yet.</returns>
    public async Task<MeasuredPace?> MeasuredAsync(TrainingRecipe recipe, bool isCuda, double tokensPerLine, CancellationToken cancellationToken = default)
    {
        var wanted = RunConditions.Of(recipe.Model, recipe, isCuda);
        var measured = new List<double[]>();
        foreach (var run in (await runs.ListAsync(RunStatus.Finished, cancellationToken)).Where(run => run.ModelName == recipe.Model).Take(RunsRead))
        {
            if (measured.Count == MostRuns) break;
            if (TrainingRecipe.Parse(run.RecipeJson, out _) is not { } before || RunConditions.Of(run.ModelName, before, isCuda) != wanted) continue;

            var steps = await StepsAsync(run.Id, cancellationToken);
            var onCard = (await runs.CurveAsync(run.Id, MetricKeys.DeviceMemoryBytes, cancellationToken)).Count > 0;
            if (steps.Count == 0 || onCard != isCuda) continue;
            var length = At(0.5, steps.Select(step => step.Speed * step.Seconds)) / before.EffectiveBatchSize;
            if (length <= tokensPerLine * MostLengthRatio && length >= tokensPerLine / MostLengthRatio) measured.Add([.. steps.Select(step => step.Speed)]);
        }

        return measured.Count == 0 ? null : new(measured.Min(paces => At(0.1, paces)), At(0.5, measured.Select(paces => At(0.5, paces))), measured.Max(paces => At(0.9, paces)), measured.Count);
    }

    /// <summary>Seconds a step of the run's own logged steps took; null where there are none.</summary>
    public async Task<double?> OwnAsync(Run run, CancellationToken cancellationToken = default)
    {
        var curve = await runs.CurveAsync(run.Id, MetricKeys.SecondsPerStep, cancellationToken);
        var paces = curve.Select(point => point.Value).Where(pace => pace > 0).ToList();
        return paces.Count > 0 ? At(0.5, paces) : null;
    }

    /// <summary>Tokens a second and seconds of the logged steps that have both.</summary>
    private async Task<List<(double Speed, double Seconds)>> StepsAsync(int run, CancellationToken cancellationToken)
    {
        var seconds = (await runs.CurveAsync(run, MetricKeys.SecondsPerStep, cancellationToken)).ToDictionary(point => point.Step, point => point.Value);
        var speeds = await runs.CurveAsync(run, MetricKeys.TokensPerSecond, cancellationToken);
        var steps = speeds.Select(point => (Speed: point.Value, Seconds: seconds.GetValueOrDefault(point.Step)));
        return [.. steps.Where(step => step is { Speed: > 0, Seconds: > 0 })];
    }

    private static double At(double share, IEnumerable<double> values)
    {
        var sorted = values.Order().ToList();
        return sorted[(int)Math.Round(share * (sorted.Count - 1))];
    }
}
