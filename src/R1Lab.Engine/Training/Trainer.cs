using System.Diagnostics;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Training.Logging;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Training;

/// <summary>
/// Supervised fine-tuning from start, or from the newest whole snapshot, to the end or to the next step boundary after a stop is asked for.
/// The same job takes the same steps, bit for bit, whether it was interrupted or not.
/// </summary>
/// <param name="job">What to train on what; settings that passed <see cref="TrainingRecipe.Problems(int?, long?)"/>.</param>
/// <param name="observer">Told everything as it happens, on the calling thread.</param>
public sealed class Trainer(TrainingJob job, TrainingObserver observer)
{
    private readonly TrainingRecipe _recipe = job.Recipe.Effective();
    private readonly TrainingMeter _meter = new();
    private int _savedStep = -1;
    private RunLog? _log;

    /// <summary>Told every step once it is taken, before it is looked at whether to stop.</summary>
    internal Action<int>? AfterStep { get; init; }

    private string Snapshots => Path.Combine(job.OutputFolder, "snapshots");

    /// <summary>Optimizer steps of a run over so many rows (evaluation split included); packing needs fewer.</summary>
    public static int TotalSteps(TrainingRecipe recipe, int rows) => recipe.TotalSteps(rows);

    /// <summary>Runs on the calling thread, which should be one of its own.</summary>
    /// <param name="stop">Cancelled: the run ends after the step it is in, with a snapshot.</param>
    /// <exception cref="BadInputException">Rows or model do not fit.</exception>
    /// <exception cref="TrainingDivergedException">Loss or gradient is no longer finite; earlier snapshots stay.</exception>
    /// <exception cref="ResumeRefusedException">The snapshots in the output folder are of another run.</exception>
    public TrainingResult Run(CancellationToken stop)
    {
        var (train, evaluation) = job.Evaluation.Count > 0 ? (job.Train, job.Evaluation) : EvaluationSplit.Split(job.Train, _recipe.ValSize, _recipe.Seed);
        if (!train.Any(row => row.TrainedTokens > 0)) throw new BadInputException("dataset", null, "no token of any training row is learned");
        using var scope = NewDisposeScope();
        using var model = Trainables.Load(_recipe, job.ModelFolder, job.Device);
        CheckTokens([.. train, .. evaluation], model.Decoder.Config.VocabSize);
        var identity = RunIdentity.Of(_recipe, train, evaluation, ModelFolder.Open(job.ModelFolder).Fingerprint);
        using var run = new TrainingRun(_recipe, model, new Batcher(train, Batches()), evaluation, identity);
        Tell(0, TrainingEventKinds.Started, $"Training {model.ParameterCount} parameters on {train.Count} rows for {run.TotalSteps} steps.", train.Count, evaluation.Count, run.TotalSteps, model.ParameterCount);
        foreach (var problem in job.Recipe.Problems().Where(problem => problem.Severity == ProblemSeverity.Note))
            Tell(0, TrainingEventKinds.Adjusted, problem.Message, [problem.Field, problem.Code, .. problem.Arguments]);
        Resume(run);
        _log = new RunLog(job.OutputFolder, _recipe, run.TotalSteps, run.Step);
        return Loop(run, evaluation.Count > 0, stop) ? Finish(run, model) : Stopped(run);
    }

    private bool Loop(TrainingRun run, bool evaluates, CancellationToken stop)
    {
        while (run.Step < run.TotalSteps)
        {
            if (stop.IsCancellationRequested) return false;
            TakeStep(run, evaluates);
            AfterStep?.Invoke(run.Step);
            if (run.Step % _recipe.SaveEvery(run.TotalSteps) == 0 && run.Step < run.TotalSteps) Save(run);
            observer.BetweenSteps?.Invoke();
        }

        return true;
    }

    private void TakeStep(TrainingRun run, bool evaluates)
    {
        var epoch = Math.Floor(run.Epoch);
        var batch = run.NextBatch();
        var (norm, rate) = Guarded(run, batch);
        var last = run.Step == run.TotalSteps;
        var evaluate = evaluates && (last || (_recipe.EvalSteps is { } every ? run.Step % every == 0 : Math.Floor(run.Epoch) > epoch));
        var log = last || run.Step % _recipe.LoggingSteps == 0;
        if (!log && !evaluate) return;
        var began = Stopwatch.GetTimestamp();
        double? evalLoss = evaluate ? run.Evaluate() : null;
        double? evalSeconds = evaluate ? Stopwatch.GetElapsedTime(began).TotalSeconds : null;
        var (seconds, speed, memory) = _meter.Read();
        Report(new StepMetrics
        {
            Step = run.Step,
            TotalSteps = run.TotalSteps,
            Epoch = run.Epoch,
            Loss = log ? run.TakeWindowLoss() : null,
            GradNorm = log ? norm : null,
            LearningRate = rate,
            EvalLoss = evalLoss,
            EvalSeconds = evalSeconds,
            TokensPerSecond = speed,
            SecondsPerStep = seconds,
            MemoryBytes = memory,
            At = DateTimeOffset.UtcNow,
        });
    }

    private void Report(StepMetrics metrics)
    {
        _log?.Add(metrics);
        observer.OnMetrics?.Invoke(metrics);
    }

    private (double GradNorm, double LearningRate) Guarded(TrainingRun run, StepBatch batch)
    {
        try
        {
            return _meter.Step(batch.Tokens, () => run.Take(batch));
        }
        catch (TrainingDivergedException e)
        {
            _log?.Save();
            Tell(e.Step, TrainingEventKinds.Diverged, e.Message, e.Step, string.Join(", ", e.Rows));
            throw;
        }
    }

    private void Resume(TrainingRun run)
    {
        var snapshot = Snapshot.Newest(Snapshots, (name, reason) =>
            Tell(0, TrainingEventKinds.SnapshotSkipped, $"The snapshot {name} is damaged and was passed over: {reason}.", name, reason));
        if (snapshot is null) return;
        run.Resume(snapshot);
        _savedStep = run.Step;
        Tell(run.Step, TrainingEventKinds.Resumed, $"Going on from the snapshot of step {run.Step}.", run.Step);
    }

    private string Save(TrainingRun run)
    {
        _log?.Save();
        var folder = Snapshot.Write(Snapshots, run.State, run.Tensors, _recipe.SaveTotalLimit);
        _savedStep = run.Step;
        Tell(run.Step, TrainingEventKinds.SnapshotSaved, $"Snapshot of step {run.Step} saved.", run.Step, Path.GetFileName(folder));
        observer.OnSnapshot?.Invoke(folder);
        return folder;
    }

    private TrainingResult Stopped(TrainingRun run)
    {
        var folder = _savedStep == run.Step ? Path.Combine(Snapshots, $"step-{run.Step:D6}") : Save(run);
        Tell(run.Step, TrainingEventKinds.Stopped, $"Stopped after step {run.Step} of {run.TotalSteps}.", run.Step, run.TotalSteps);
        return new TrainingResult(TrainingOutcome.Stopped, run.Step, folder, run.LastLoss, run.LastEvalLoss);
    }

    private TrainingResult Finish(TrainingRun run, Trainables model)
    {
        _log?.Save();
        var folder = model.Save(job);
        Tell(run.Step, TrainingEventKinds.Finished, $"Finished after {run.Step} steps.", run.Step, run.LastLoss ?? 0);
        return new TrainingResult(TrainingOutcome.Finished, run.Step, folder, run.LastLoss, run.LastEvalLoss);
    }

    private BatchSettings Batches() => new(
        _recipe.PerDeviceTrainBatchSize, _recipe.GradientAccumulationSteps, _recipe.MaxSteps is > 0 ? null : _recipe.NumTrainEpochs, _recipe.Shuffle, _recipe.Seed,
        _recipe.GroupByLength, _recipe.Packing ? _recipe.MaxLength : null);

    private static void CheckTokens(IReadOnlyList<TokenExample> rows, int vocabulary)
    {
        for (var i = 0; i < rows.Count; i++)
        {
            foreach (var id in rows[i].InputIds.Concat(rows[i].Labels.Where(label => label != TokenExample.NotTrained)))
            {
                if (id < 0 || id >= vocabulary)
                    throw new BadInputException("dataset", $"row {rows[i].RowId ?? i}", $"token id {id} is not in the model's vocabulary of {vocabulary}");
            }
        }
    }

    private void Tell(int step, string kind, string message, params object[] arguments) =>
        observer.OnEvent?.Invoke(new TrainingEvent(DateTimeOffset.UtcNow, step, kind, message, arguments));
}
