using R1Lab.Data.Access;
using R1Lab.Data.Runs;
using R1Lab.Engine;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Training;
using R1Lab.Web.Device;

namespace R1Lab.Web.Training;

/// <summary>Carries out one run from its place at the head of the queue to its end, whatever that is.</summary>
public sealed class RunExecution(
    RunPlanner planner, RunPace pace, RunQueue queue, RunLine line, RunStore runs, RunFeed feed, RunResults results, RunReceipts receipts, DeviceLease lease, IGpuMonitor cards,
    TimeProvider time, ILogger<RunExecution> log)
{
    private static readonly Actor Worker = Actor.System("training");
    private static readonly TimeSpan UntilStoredAgain = TimeSpan.FromSeconds(5);

    /// <summary>Never throws for what goes wrong inside the run: that is written on the run's time line.</summary>
    /// <param name="ending">The program ends: the run stops with a snapshot and is called interrupted, so that the next start goes on.</param>
    public async Task RunAsync(Run run, CancellationToken ending)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ending);
        using var activation = queue.Activate(run.Id, stop);
        if (await runs.GetAsync(run.Id, CancellationToken.None) is not { Status: RunStatus.Running } current) return;

        // A resumed run goes on at the pace it had: its first steps, which load and compile, say nothing about the others.
        feed.Publish(run.Id, RunProgress.Of(current).At(await pace.OwnAsync(current, CancellationToken.None)));
        var bestBy = TrainingRecipe.Parse(current.RecipeJson, out _)?.MetricForBestModel ?? BestMetric.EvalLoss;
        var recorder = new RunRecorder(run.Id, runs, feed, time, log, bestBy, ending) { Device = DeviceWatch.Of(cards, ComputeDevice.Default(), time) };
        var end = await ReachEndAsync(current, recorder, stop.Token, ending);
        try
        {
            await recorder.DisposeAsync();
        }
        catch (Exception lost)
        {
            log.LogError(lost, "Numbers of run {Run} were lost.", run.Id);
            end = new(RunStatus.Failed, $"R1L-DATA-02: Some numbers of this run could not be stored: {lost.Message}");
        }

        await receipts.CompleteAsync(run.Id, end.Status);
        if (await StoreAsync(run.Id, end, ending) is { } ended) feed.Publish(run.Id, RunProgress.Of(ended));
        await line.NoteEndAsync(run, end.Status);
    }

    /// <summary>A database that cannot be written, for example because its disk is full too, is tried until it can: no run stays "running" that is not.</summary>
    /// <param name="ending">The program ends: what could not be stored is called interrupted at the next start.</param>
    private async Task<Run?> StoreAsync(int runId, RunEnding end, CancellationToken ending)
    {
        while (true)
        {
            try
            {
                if (end.PausedFor is { } cause) await runs.PauseAsync(Worker, runId, cause, end.Error!, CancellationToken.None);
                else await runs.SetStatusAsync(Worker, runId, end.Status, end.Error, CancellationToken.None);
                return await runs.GetAsync(runId, CancellationToken.None);
            }
            catch (Exception error) when (!ending.IsCancellationRequested)
            {
                log.LogWarning(error, "The state of run {Run} could not be stored; trying again.", runId);
                await Task.WhenAny(Task.Delay(UntilStoredAgain, time, ending));
            }
        }
    }

    private async Task<RunEnding> ReachEndAsync(Run run, RunRecorder recorder, CancellationToken stop, CancellationToken ending)
    {
        try
        {
            return await ConcludeAsync(run, await TrainAsync(run, recorder, stop), ending);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return AtRest(ending);
        }
        catch (Exception error)
        {
            return Explain(run, error, recorder);
        }
    }

    /// <summary>Writes on the time line that the program went down in the middle of this run.</summary>
    public async Task NoteInterruptionAsync(Run run, bool resumes)
    {
        await using var recorder = new RunRecorder(run.Id, runs, feed, time, log);
        recorder.Record(
            resumes ? "interrupted_resumes" : "interrupted",
            resumes ? "The server was restarted in the middle of this run; it goes on from its newest snapshot." : "The server was restarted in the middle of this run.",
            run.Step);
    }

    private async Task<TrainingResult> TrainAsync(Run run, RunRecorder recorder, CancellationToken stop)
    {
        var job = await PrepareAsync(run, stop);
        var loan = await lease.AcquireAsync(new LeaseHolder(run.OwnerName ?? "-", run.Name, time.GetUtcNow()) { RunId = run.Id }, stop);
        try
        {
            var observer = new TrainingObserver
            {
                OnMetrics = recorder.Record,
                OnEvent = recorder.Record,
                OnProbe = recorder.Record,
                OnRowLosses = recorder.Record,
                BeforeSnapshot = recorder.Keep,
                BetweenSteps = () => loan = loan.Lend(),
            };
            return await ComputeThread.RunAsync($"run {run.Id}", () => new Trainer(job, observer).Run(stop));
        }
        finally
        {
            loan.Dispose();
        }
    }

    private async Task<TrainingJob> PrepareAsync(Run run, CancellationToken stop)
    {
        var recipe = TrainingRecipe.Parse(run.RecipeJson, out var unreadable) ?? throw new BadInputException("recipe", unreadable[0].Field, unreadable[0].Message);
        var plan = await planner.PlanAsync(run, recipe, stop);
        if (plan.Check.Problems.FirstOrDefault(problem => problem.IsError) is { } error) throw new PlanRefusedException(error);

        var model = plan.Model!;
        var lora = model.Adapter is { } adapter && recipe.Lora.InitFrom is null ? recipe.Lora with { InitFrom = adapter } : recipe.Lora;
        var output = queue.OutputFolder(run.Id);
        Directory.CreateDirectory(output);
        if (!HasSnapshot(output)) await runs.SetDatasetAsync(Worker, run.Id, RunIdentity.HashOf(plan.Rows), plan.Dataset!.Version, stop);
        var job = new TrainingJob(recipe with { Lora = lora }, model.Folder, output, plan.Rows, [], ComputeDevice.Default()) { BaseModelName = model.Name };
        await Task.Run(() => receipts.Begin(run, plan, job), stop);
        return job;
    }

    private async Task<RunEnding> ConcludeAsync(Run run, TrainingResult result, CancellationToken ending)
    {
        await runs.SetFinalLossAsync(Worker, run.Id, result.FinalLoss, CancellationToken.None);
        await runs.SetStepAsync(Worker, run.Id, result.Step, CancellationToken.None);
        if (result.Outcome == TrainingOutcome.Stopped) return AtRest(ending);

        await runs.SetOutputPathAsync(Worker, run.Id, result.OutputPath, CancellationToken.None);
        await results.RegisterAsync(run, result);
        return new(RunStatus.Finished);
    }

    /// <summary>A run that goes on from a snapshot keeps the rows it began with; the trainer refuses others.</summary>
    private static bool HasSnapshot(string output)
    {
        var snapshots = Path.Combine(output, "snapshots");
        return Directory.Exists(snapshots) && Directory.EnumerateDirectories(snapshots, "step-*").Any();
    }

    private static RunEnding AtRest(CancellationToken ending) => new(ending.IsCancellationRequested ? RunStatus.Interrupted : RunStatus.Stopped);

    private RunEnding Explain(Run run, Exception error, RunRecorder recorder)
    {
        var failure = RunFailure.Of(error, queue.OutputFolder(run.Id));
        log.LogError(error, "Run {Run} ({Name}) ended: {Reason}", run.Id, run.Name, failure.Message);
        recorder.Record(failure.Kind, failure.Message, failure.Step ?? feed.Progress(run.Id)?.Step ?? run.Step, [.. failure.Arguments]);
        return new(failure.PausedFor is null ? RunStatus.Failed : RunStatus.Paused, failure.Message, failure.PausedFor);
    }

    private sealed record RunEnding(RunStatus Status, string? Error = null, string? PausedFor = null);
}
