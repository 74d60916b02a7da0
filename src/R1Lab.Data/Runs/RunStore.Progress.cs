using Microsoft.EntityFrameworkCore;
using R1Lab.Data.Access;

namespace R1Lab.Data.Runs;

/// <summary>The numbers, events, answers and row losses of runs, written in batches.</summary>
public sealed partial class RunStore
{
    // Small enough that a save by somebody else never waits long behind a pass over a large dataset.
    private const int RowLossBatch = 10_000;

    /// <summary>
    /// Stores a batch in one transaction and moves the run's step and best evaluation along. Numbers of a step already there are
    /// merged: what is new replaces, what is null keeps, so that training and evaluation numbers of one step become one entry.
    /// Answers to probe prompts and losses of rows replace those of the same place.
    /// </summary>
    public async Task AppendAsync(Actor actor, int runId, RunNews news, CancellationToken cancellationToken = default)
    {
        if (!actor.IsSystem) await DemandAsync(actor, runId, cancellationToken);
        // Before the events: what is tried again after a failure must not tell them twice.
        await WriteRowLossesAsync(runId, news.RowLosses, cancellationToken);
        await writes.RunAsync(
            async (context, token) =>
            {
                foreach (var metric in news.Metrics) await UpsertAsync(context, runId, metric, token);
                foreach (var probe in news.Probes) await UpsertAsync(context, runId, probe, token);
                foreach (var happened in news.Events)
                {
                    happened.RunId = runId;
                    context.Add(happened);
                }

                await context.SaveChangesAsync(token);
                if (news.Metrics.Count > 0) await MoveAlongAsync(context, runId, news, token);
            },
            cancellationToken);
    }

    /// <inheritdoc cref="AppendAsync(Actor, int, RunNews, CancellationToken)"/>
    public Task AppendAsync(
        Actor actor, int runId, IReadOnlyList<RunMetric> metrics, IReadOnlyList<RunEvent> events, CancellationToken cancellationToken = default) =>
        AppendAsync(actor, runId, new RunNews { Metrics = metrics, Events = events }, cancellationToken);

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

    /// <summary>In order of steps and prompts, those after <paramref name="sinceStep"/>.</summary>
    public async Task<IReadOnlyList<RunProbe>> ProbesAsync(int runId, int sinceStep = -1, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.RunProbes.AsNoTracking().Where(probe => probe.RunId == runId && probe.Step > sinceStep)
            .OrderBy(probe => probe.Step).ThenBy(probe => probe.PromptIndex).ToListAsync(cancellationToken);
    }

    /// <summary>
    /// Forgets what was said after the snapshot a run goes on from: it is about to be made again. That is numbers, answers to probe prompts, and the
    /// row losses of passes that were not begun by then.
    /// </summary>
    public async Task DropMetricsAfterAsync(Actor actor, int runId, int step, BestBy bestBy = BestBy.EvalLoss, CancellationToken cancellationToken = default)
    {
        if (!actor.IsSystem) await DemandAsync(actor, runId, cancellationToken);
        await writes.RunAsync(
            async (context, token) =>
            {
                await context.RunMetrics.Where(metric => metric.RunId == runId && metric.Step > step).ExecuteDeleteAsync(token);
                await context.RunProbes.Where(probe => probe.RunId == runId && probe.Step > step).ExecuteDeleteAsync(token);
                var passes = await PassesAtAsync(context, runId, step, token);
                await context.RunRowLosses.Where(loss => loss.RunId == runId && loss.Epoch >= passes).ExecuteDeleteAsync(token);
                await context.Runs.Where(run => run.Id == runId).ExecuteUpdateAsync(set => set.SetProperty(run => run.Step, step), token);
                await MarkBestAsync(context, runId, bestBy, token);
            },
            cancellationToken);
        ForgetLedger(runId);
    }

    private async Task WriteRowLossesAsync(int runId, IReadOnlyList<RunRowLoss> losses, CancellationToken cancellationToken)
    {
        if (losses.Count == 0) return;

        foreach (var part in losses.Where(loss => double.IsFinite(loss.Loss)).Chunk(RowLossBatch))
            await writes.RunAsync((context, token) => RunRowLossWriter.WriteAsync(context, runId, part, token), cancellationToken);
        ForgetLedger(runId);
    }

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

    private static Task UpsertAsync(LabDbContext context, int runId, RunProbe probe, CancellationToken cancellationToken) =>
        context.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO RunProbes (RunId, Step, PromptIndex, Prompt, Thought, Answer, ThoughtTokens, AnswerTokens, Stopped, At)
            VALUES ({runId}, {probe.Step}, {probe.PromptIndex}, {probe.Prompt}, {probe.Thought}, {probe.Answer}, {probe.ThoughtTokens}, {probe.AnswerTokens},
                {probe.Stopped}, {probe.At.ToUnixTimeMilliseconds()})
            ON CONFLICT (RunId, Step, PromptIndex) DO UPDATE SET
                Prompt = excluded.Prompt, Thought = excluded.Thought, Answer = excluded.Answer, ThoughtTokens = excluded.ThoughtTokens,
                AnswerTokens = excluded.AnswerTokens, Stopped = excluded.Stopped, At = excluded.At
            """,
            cancellationToken);

    /// <summary>Passes over the data by that step, from the last number before it: steps of a run are of one size.</summary>
    private static async Task<double> PassesAtAsync(LabDbContext context, int runId, int step, CancellationToken cancellationToken)
    {
        var last = await context.RunMetrics.AsNoTracking().Where(metric => metric.RunId == runId && metric.Step > 0)
            .OrderByDescending(metric => metric.Step).FirstOrDefaultAsync(cancellationToken);
        return last is null ? 0 : last.Epoch * step / last.Step;
    }

    private static async Task MoveAlongAsync(LabDbContext context, int runId, RunNews news, CancellationToken cancellationToken)
    {
        var (step, total) = (news.Metrics[^1].Step, news.Metrics[^1].TotalSteps);
        var known = await context.Runs.Where(run => run.Id == runId).ExecuteUpdateAsync(
            set => set.SetProperty(run => run.Step, step).SetProperty(run => run.TotalSteps, total), cancellationToken);
        if (known == 0) throw new RecordNotFoundException("run", runId);
        if (news.Metrics.Any(metric => metric.EvalLoss is not null)) await MarkBestAsync(context, runId, news.BestBy, cancellationToken);
    }

    private static async Task MarkBestAsync(LabDbContext context, int runId, BestBy bestBy, CancellationToken cancellationToken)
    {
        var evaluations = await context.RunMetrics.AsNoTracking().Where(metric => metric.RunId == runId && metric.EvalLoss != null)
            .OrderBy(metric => metric.Step).ToListAsync(cancellationToken);
        var (least, best) = (evaluations.Min(metric => metric.EvalLoss), BestEvaluation.Of(evaluations, bestBy)?.Step);
        await context.Runs.Where(run => run.Id == runId).ExecuteUpdateAsync(
            set => set.SetProperty(run => run.BestEvalLoss, least).SetProperty(run => run.BestStep, best), cancellationToken);
    }

    // SQLite cannot hold NaN. The event that stops such a run names it.
    private static double? Storable(double? number) => number is { } value && double.IsNaN(value) ? null : number;
}
