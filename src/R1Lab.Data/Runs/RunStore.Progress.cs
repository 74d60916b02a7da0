using Microsoft.EntityFrameworkCore;

namespace R1Lab.Data.Runs;

/// <summary>The numbers and events of runs, written in batches.</summary>
public sealed partial class RunStore
{
    /// <summary>
    /// Stores a batch in one transaction and moves the run's step and best evaluation loss along. Numbers of a step already there are
    /// merged: what is new replaces, what is null keeps, so that training and evaluation numbers of one step become one entry.
    /// </summary>
    public Task AppendAsync(
        int runId, IReadOnlyList<RunMetric> metrics, IReadOnlyList<RunEvent> events, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            async (context, token) =>
            {
                foreach (var metric in metrics) await UpsertAsync(context, runId, metric, token);
                foreach (var happened in events)
                {
                    happened.RunId = runId;
                    context.Add(happened);
                }

                await context.SaveChangesAsync(token);
                if (metrics.Count > 0) await MoveAlongAsync(context, runId, metrics, token);
            },
            cancellationToken);

    /// <summary>In order of steps, those after <paramref name="sinceStep"/>.</summary>
    public async Task<IReadOnlyList<RunMetric>> MetricsAsync(int runId, int sinceStep = -1, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.RunMetrics.AsNoTracking().Where(metric => metric.RunId == runId && metric.Step > sinceStep)
            .OrderBy(metric => metric.Step).ToListAsync(cancellationToken);
    }

    /// <summary>In order, those after the event <paramref name="sinceId"/>.</summary>
    public async Task<IReadOnlyList<RunEvent>> EventsAsync(int runId, int sinceId = 0, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.RunEvents.AsNoTracking().Where(happened => happened.RunId == runId && happened.Id > sinceId)
            .OrderBy(happened => happened.Id).ToListAsync(cancellationToken);
    }

    /// <summary>Forgets the numbers after the snapshot a run goes on from: they are about to be made again.</summary>
    public Task DropMetricsAfterAsync(int runId, int step, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            async (context, token) =>
            {
                await context.RunMetrics.Where(metric => metric.RunId == runId && metric.Step > step).ExecuteDeleteAsync(token);
                var best = await context.RunMetrics.Where(metric => metric.RunId == runId).MinAsync(metric => metric.EvalLoss, token);
                await context.Runs.Where(run => run.Id == runId).ExecuteUpdateAsync(
                    set => set.SetProperty(run => run.Step, step).SetProperty(run => run.BestEvalLoss, best), token);
            },
            cancellationToken);

    private static Task UpsertAsync(LabDbContext context, int runId, RunMetric metric, CancellationToken cancellationToken) =>
        context.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO RunMetrics
                (RunId, Step, TotalSteps, Epoch, Loss, GradNorm, LearningRate, EvalLoss, EvalTokenAccuracy, LossScale, SkippedSteps, MicroBatchSize,
                TokensPerSecond, MemoryBytes, DeviceMemoryBytes, DeviceUtilization, DeviceTemperature, SecondsPerStep, At)
            VALUES ({runId}, {metric.Step}, {metric.TotalSteps}, {metric.Epoch}, {Storable(metric.Loss)}, {Storable(metric.GradNorm)},
                {metric.LearningRate}, {Storable(metric.EvalLoss)}, {Storable(metric.EvalTokenAccuracy)}, {Storable(metric.LossScale)}, {metric.SkippedSteps}, {metric.MicroBatchSize},
                {metric.TokensPerSecond}, {metric.MemoryBytes}, {metric.DeviceMemoryBytes}, {metric.DeviceUtilization}, {metric.DeviceTemperature}, {metric.SecondsPerStep},
                {metric.At.ToUnixTimeMilliseconds()})
            ON CONFLICT (RunId, Step) DO UPDATE SET
                TotalSteps = excluded.TotalSteps, Epoch = excluded.Epoch, Loss = COALESCE(excluded.Loss, Loss),
                GradNorm = COALESCE(excluded.GradNorm, GradNorm), LearningRate = excluded.LearningRate,
                EvalLoss = COALESCE(excluded.EvalLoss, EvalLoss), EvalTokenAccuracy = COALESCE(excluded.EvalTokenAccuracy, EvalTokenAccuracy),
                LossScale = COALESCE(excluded.LossScale, LossScale), SkippedSteps = excluded.SkippedSteps, MicroBatchSize = excluded.MicroBatchSize,
                DeviceMemoryBytes = COALESCE(excluded.DeviceMemoryBytes, DeviceMemoryBytes), DeviceUtilization = COALESCE(excluded.DeviceUtilization, DeviceUtilization),
                DeviceTemperature = COALESCE(excluded.DeviceTemperature, DeviceTemperature), MemoryBytes = MAX(excluded.MemoryBytes, MemoryBytes), At = excluded.At,
                TokensPerSecond = CASE WHEN excluded.TokensPerSecond > 0 THEN excluded.TokensPerSecond ELSE TokensPerSecond END,
                SecondsPerStep = CASE WHEN excluded.SecondsPerStep > 0 THEN excluded.SecondsPerStep ELSE SecondsPerStep END
            """,
            cancellationToken);

    private static async Task MoveAlongAsync(
        LabDbContext context, int runId, IReadOnlyList<RunMetric> metrics, CancellationToken cancellationToken)
    {
        var run = await context.Runs.FirstOrDefaultAsync(one => one.Id == runId, cancellationToken)
            ?? throw new RecordNotFoundException("run", runId);
        run.Step = metrics[^1].Step;
        run.TotalSteps = metrics[^1].TotalSteps;
        var losses = metrics.Select(metric => Storable(metric.EvalLoss)).OfType<double>().ToList();
        if (losses.Count > 0) run.BestEvalLoss = Math.Min(losses.Min(), run.BestEvalLoss ?? double.PositiveInfinity);
        await context.SaveChangesAsync(cancellationToken);
    }

    // SQLite cannot hold NaN. The event that stops such a run names it.
    private static double? Storable(double? number) => number is { } value && double.IsNaN(value) ? null : number;
}
