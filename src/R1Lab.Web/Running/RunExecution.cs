using System.Globalization;
using R1Lab.Data.Runs;
using R1Lab.Engine;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Training;

namespace R1Lab.Web.Running;

/// <summary>Carries out one run from its place at the head of the queue to its end, whatever that is.</summary>
public sealed class RunExecution(
    RunPlanner planner, RunQueue queue, RunStore runs, RunFeed feed, RunResults results, DeviceLease lease, TimeProvider time, ILogger<RunExecution> log)
{
    /// <summary>Never throws for what goes wrong inside the run: that is written on the run's time line.</summary>
    /// <param name="ending">The program ends: the run stops with a snapshot and is called interrupted, so that the next start goes on.</param>
    public async Task RunAsync(Run run, CancellationToken ending)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(ending);
        using var activation = queue.Activate(run.Id, stop);
        if (await runs.GetAsync(run.Id, CancellationToken.None) is not { Status: RunStatus.Running } current) return;

        feed.Publish(run.Id, RunProgress.Of(current));
        var recorder = new RunRecorder(run.Id, runs, feed, time, log, TrainingRecipe.Parse(current.RecipeJson, out _)?.MetricForBestModel ?? BestMetric.EvalLoss);
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

        await runs.SetStatusAsync(run.Id, end.Status, end.Error, CancellationToken.None);
        if (await runs.GetAsync(run.Id, CancellationToken.None) is { } ended) feed.Publish(run.Id, RunProgress.Of(ended));
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
        var loan = await lease.AcquireAsync(run.OwnerName ?? "-", run.Name, stop);
        try
        {
            var observer = new TrainingObserver
            {
                OnMetrics = recorder.Record,
                OnEvent = recorder.Record,
                OnProbe = recorder.Record,
                OnRowLosses = recorder.Record,
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
        // By number: the dataset may have been renamed since.
        var dataset = run.DatasetId?.ToString(CultureInfo.InvariantCulture) ?? recipe.Dataset;
        var plan = await planner.PlanAsync(recipe with { Dataset = dataset }, stop);
        if (plan.Check.Problems.FirstOrDefault(problem => problem.IsError) is { } error) throw new BadInputException("recipe", error.Field, error.Message);

        var model = plan.Model!;
        var lora = model.Adapter is { } adapter && recipe.Lora.InitFrom is null ? recipe.Lora with { InitFrom = adapter } : recipe.Lora;
        var output = queue.OutputFolder(run.Id);
        Directory.CreateDirectory(output);
        return new TrainingJob(recipe with { Lora = lora }, model.Folder, output, plan.Rows, [], ComputeDevice.Default()) { BaseModelName = model.Name };
    }

    private async Task<RunEnding> ConcludeAsync(Run run, TrainingResult result, CancellationToken ending)
    {
        await runs.SetFinalLossAsync(run.Id, result.FinalLoss, CancellationToken.None);
        await runs.SetStepAsync(run.Id, result.Step, CancellationToken.None);
        if (result.Outcome == TrainingOutcome.Stopped) return AtRest(ending);

        await runs.SetOutputPathAsync(run.Id, result.OutputPath, CancellationToken.None);
        await results.RegisterAsync(run, result);
        return new(RunStatus.Finished);
    }

    private static RunEnding AtRest(CancellationToken ending) => new(ending.IsCancellationRequested ? RunStatus.Interrupted : RunStatus.Stopped);

    private RunEnding Explain(Run run, Exception error, RunRecorder recorder)
    {
        var failure = RunFailure.Of(error);
        log.LogError(error, "Run {Run} ({Name}) ended: {Reason}", run.Id, run.Name, failure.Message);
        recorder.Record(failure.Kind, failure.Message, feed.Progress(run.Id)?.Step ?? run.Step);
        return new(failure.Pauses ? RunStatus.Paused : RunStatus.Failed, failure.Message);
    }

    private sealed record RunEnding(RunStatus Status, string? Error = null);
}
