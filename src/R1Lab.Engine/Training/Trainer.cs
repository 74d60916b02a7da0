using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Native;
using R1Lab.Engine.Training.Logging;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Training;

/// <summary>
/// Supervised fine-tuning from start, or from the newest whole snapshot, to the end or to the next step boundary after a stop is asked for.
/// The same job takes the same steps, bit for bit, whether it was interrupted or not.
/// </summary>
/// <param name="job">What to train on what; settings that passed <see cref="TrainingRecipe.Problems(RunLength?, long?)"/>.</param>
/// <param name="observer">Told everything as it happens, on the calling thread.</param>
public sealed class Trainer(TrainingJob job, TrainingObserver observer)
{
    private readonly TrainingRecipe _recipe = job.Recipe.Effective();
    private readonly TrainingMeter _meter = new(job.Device);
    private readonly TrainingTold _told = new(observer);
    private int _savedStep = -1;
    private bool _rowsKept;

    /// <summary>Told every step once it is taken, before it is looked at whether to stop.</summary>
    internal Action<int>? AfterStep { get; init; }

    /// <summary>Called before every pass with its rows, and true where gradients are taken.</summary>
    internal Action<MicroBatch, bool>? BeforePass { get; init; }

    /// <summary>Called in the middle of writing a snapshot.</summary>
    internal Action? WhileWriting { get; init; }

    private string Snapshots => Path.Combine(job.OutputFolder, "snapshots");

    /// <summary>Runs on the calling thread, which should be one of its own.</summary>
    /// <param name="stop">Cancelled: the run ends after the step it is in, with a snapshot.</param>
    /// <exception cref="BadInputException">Rows or model do not fit.</exception>
    /// <exception cref="TrainingDivergedException">Loss or gradient is no longer finite; earlier snapshots stay.</exception>
    /// <exception cref="TrainingMemoryException">The device cannot hold one row at a time; earlier snapshots stay.</exception>
    /// <exception cref="NotEnoughSpaceException">The disk is full; earlier snapshots stay, and the same job goes on from them later.</exception>
    /// <exception cref="ResumeRefusedException">The snapshots in the output folder are of another run.</exception>
    public TrainingResult Run(CancellationToken stop)
    {
        var rows = RunRows.Of(job with { Recipe = _recipe });
        using var mapped = _recipe.Method == TrainingMethod.Qlora && !job.Device.IsCuda ? new MappedBlocks(AssumedMemory.LargestOnHeapQlora) : null;
        using var scope = NewDisposeScope();
        using var model = Trainables.Load(_recipe, job.ModelFolder, job.Device);
        rows.CheckTokens(model.Decoder.Config.VocabSize);
        var identity = RunIdentity.Of(_recipe, rows.Train, rows.Evaluation, ModelFolder.Open(job.ModelFolder).WeightsFingerprint);
        using var run = new TrainingRun(_recipe, model, rows, identity, BeforePass);
        _told.Started(rows, run.TotalSteps, model.ParameterCount, job.Recipe);
        var steps = new TrainingSteps(_recipe, run, _told, _meter, ProbesOf(model));
        var resumed = Resume(run);
        _told.Log = new RunLog(job.OutputFolder, _recipe, run.TotalSteps, run.Step);
        if (!resumed) steps.Begin();
        return Loop(run, steps, stop) ? Finish(run, model) : Stopped(run);
    }

    private ProbePrompts? ProbesOf(Trainables model)
    {
        if (_recipe.ProbePrompts.Count == 0) return null;
        var probes = new ProbePrompts(_recipe, model, job.ModelFolder);
        if (probes.Fault is not { } fault) return probes;
        _told.ProbeFailed(0, fault);
        return null;
    }

    private bool Loop(TrainingRun run, TrainingSteps steps, CancellationToken stop)
    {
        while (run.Step < run.TotalSteps && !run.Standing.IsExhausted(_recipe))
        {
            if (stop.IsCancellationRequested) return false;
            steps.TakeOne();
            AfterStep?.Invoke(run.Step);
            if (run.Step < run.TotalSteps && (run.Step % _recipe.SaveEvery(run.TotalSteps) == 0 || BestOf(run) == run.Step)) Save(run);
            observer.BetweenSteps?.Invoke();
        }

        return true;
    }

    private bool Resume(TrainingRun run)
    {
        var snapshot = Snapshot.Newest(Snapshots, _told.SnapshotSkipped);
        if (snapshot is null) return false;
        run.Resume(snapshot);
        _savedStep = run.Step;
        _told.Resumed(run.Step);
        return true;
    }

    private string Save(TrainingRun run)
    {
        using var scope = NewDisposeScope();
        observer.BeforeSnapshot?.Invoke();
        _told.Log?.Save();
        if (!_rowsKept) run.Prints.Write(Snapshots);
        _rowsKept = true;
        var folder = Snapshot.Write(Snapshots, run.State, run.Tensors, _recipe.SaveTotalLimit, BestOf(run), WhileWriting);
        _savedStep = run.Step;
        _told.SnapshotSaved(run.Step, folder);
        return folder;
    }

    // The step whose parameters would become the result now.
    private int? BestOf(TrainingRun run) => _recipe.LoadBestModelAtEnd ? run.Standing.BestStep : null;

    private TrainingResult Stopped(TrainingRun run)
    {
        var folder = _savedStep == run.Step ? Snapshot.FolderOf(Snapshots, run.Step) : Save(run);
        _told.Stopped(run.Step, run.TotalSteps);
        return new TrainingResult(TrainingOutcome.Stopped, run.Step, folder, run.LastLoss, run.LastEvalLoss);
    }

    private TrainingResult Finish(TrainingRun run, Trainables model)
    {
        if (run.Step < run.TotalSteps) _told.EarlyStopped(run.Step, run.Standing);
        _told.RowLosses(run.Ledger.TakeBefore(int.MaxValue));
        _told.Log?.Save();
        var resultStep = TakeBest(run);
        var folder = model.Save(job);
        _told.Finished(run.Step, run.LastLoss);
        return new TrainingResult(TrainingOutcome.Finished, run.Step, folder, run.LastLoss, run.LastEvalLoss) { ResultStep = resultStep };
    }

    private int TakeBest(TrainingRun run)
    {
        if (BestOf(run) is not { } best || best == run.Step) return run.Step;
        if (Snapshot.Of(Snapshots, best, out var reason) is not { } snapshot)
        {
            _told.BestMissing(run.Step, best, reason!);
            return run.Step;
        }

        run.TakeResult(snapshot);
        _told.BestRestored(run.Step, run.Standing, _recipe.MetricForBestModel);
        return best;
    }
}
