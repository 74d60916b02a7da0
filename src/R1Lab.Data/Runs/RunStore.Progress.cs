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
    /// merged: what is new replaces, what is missing keeps, so that training and evaluation numbers of one step become one entry.
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
                if (news.Steps.Count > 0) await RunStepWriter.WriteAsync(context, runId, news.Steps, token);
                foreach (var probe in news.Probes) await UpsertAsync(context, runId, probe, token);
                foreach (var happened in news.Events)
                {
                    happened.RunId = runId;
                    context.Add(happened);
                }

                await context.SaveChangesAsync(token);
                if (news.Steps.Count > 0) await MoveAlongAsync(context, runId, news, token);
            },
            cancellationToken);
    }

    /// <inheritdoc cref="AppendAsync(Actor, int, RunNews, CancellationToken)"/>
    public Task AppendAsync(
        Actor actor, int runId, IReadOnlyList<RunStep> steps, IReadOnlyList<RunEvent> events, CancellationToken cancellationToken = default) =>
        AppendAsync(actor, runId, new RunNews { Steps = steps, Events = events }, cancellationToken);

    /// <summary>Logged steps with all their numbers, in order, those after <paramref name="sinceStep"/>.</summary>
    public async Task<IReadOnlyList<RunStep>> MetricsAsync(int runId, int sinceStep = -1, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await RunStepReader.ReadAsync(context, runId, sinceStep, cancellationToken);
    }

    /// <summary>One number over the steps that have it, in order.</summary>
    public async Task<IReadOnlyList<(int Step, double Value)>> CurveAsync(int runId, string key, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await RunStepReader.CurveAsync(context, runId, key, cancellationToken);
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
                await RunStepWriter.DeleteAfterAsync(context, runId, step, token);
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
        var last = await context.RunSteps.AsNoTracking().Where(logged => logged.RunId == runId && logged.Step > 0)
            .OrderByDescending(logged => logged.Step).FirstOrDefaultAsync(cancellationToken);
        return last is null ? 0 : last.Epoch * step / last.Step;
    }

    private static async Task MoveAlongAsync(LabDbContext context, int runId, RunNews news, CancellationToken cancellationToken)
    {
        var (step, total) = (news.Steps[^1].Step, news.Steps[^1].TotalSteps);
        var known = await context.Runs.Where(run => run.Id == runId).ExecuteUpdateAsync(
            set => set.SetProperty(run => run.Step, step).SetProperty(run => run.TotalSteps, total), cancellationToken);
        if (known == 0) throw new RecordNotFoundException("run", runId);
        if (news.Steps.Any(logged => logged[BestEvaluation.LossKey] is not null)) await MarkBestAsync(context, runId, news.BestBy, cancellationToken);
    }

    private static async Task MarkBestAsync(LabDbContext context, int runId, BestBy bestBy, CancellationToken cancellationToken)
    {
        var metrics = await context.RunMetrics.AsNoTracking()
            .Where(metric => metric.RunId == runId && (metric.Key == BestEvaluation.LossKey || metric.Key == BestEvaluation.AccuracyKey)).ToListAsync(cancellationToken);
        var accuracies = metrics.Where(metric => metric.Key == BestEvaluation.AccuracyKey).ToDictionary(metric => metric.Step, metric => (double?)metric.Value);
        var evaluations = metrics.Where(metric => metric.Key == BestEvaluation.LossKey).OrderBy(metric => metric.Step)
            .Select(metric => new RunEvaluation(metric.Step, metric.Value, accuracies.GetValueOrDefault(metric.Step))).ToList();
        var (least, best) = (evaluations.Min(evaluation => (double?)evaluation.Loss), BestEvaluation.Of(evaluations, bestBy));
        await context.Runs.Where(run => run.Id == runId).ExecuteUpdateAsync(
            set => set.SetProperty(run => run.BestEvalLoss, least).SetProperty(run => run.BestStep, best), cancellationToken);
    }

    // SQLite cannot hold NaN. The event that stops such a run names it.
    private static double? Storable(double? number) => number is { } value && double.IsNaN(value) ? null : number;
}
