using System.Diagnostics;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Native;
using R1Lab.Engine.Training.Logging;
using R1Lab.Engine.Training.Objectives;
using static TorchSharp.torch;

namespace R1Lab.Engine.Training;

/// <summary>
/// Training from start, or from the newest whole snapshot, to the end or to the next step boundary after a stop is asked for.
/// The same job takes the same steps, bit for bit, whether it was interrupted or not.
/// </summary>
/// <param name="job">What to train on what; settings that passed <see cref="TrainingRecipe.Problems(RunLength?, long?)"/>.</param>
/// <param name="observer">Notified of everything as it happens, on the calling thread.</param>
public sealed class Trainer(TrainingJob job, TrainingObserver observer)
{
    private readonly TrainingRecipe _recipe = job.Recipe.Effective();
    private readonly TrainingMeter _meter = new(job.Device);
    private readonly TrainingTold _told = new(observer);
    private FileStamps? _modelFiles;

    /// <summary>What is learned: the recipe's choice unless set.</summary>
    internal IObjective Objective { get; init; } = KnownObjectives.Of(job.Recipe.Objective);

    /// <summary>Called in the middle of writing a snapshot.</summary>
    internal Action? WhileWriting { get; init; }

    /// <summary>Runs on the calling thread, which should be one of its own.</summary>
    /// <param name="stop">Cancelled: the run ends after the step it is in, with a snapshot.</param>
    /// <exception cref="BadInputException">Rows or model do not fit.</exception>
    /// <exception cref="TrainingDivergedException">Loss or gradient is no longer finite; earlier snapshots stay.</exception>
    /// <exception cref="TrainingMemoryException">The device cannot hold one row at a time; earlier snapshots stay.</exception>
    /// <exception cref="NotEnoughSpaceException">The disk is full; earlier snapshots stay, and the same job resumes from them
    /// later.</exception>
    /// <exception cref="ResumeRefusedException">The snapshots in the output folder are of another run.</exception>
    public TrainingResult Run(CancellationToken stop)
    {
        var rows = SuitableRows();
        _modelFiles = FileStamps.Of(job.ModelFolder);
        var mapsBlocks = _recipe.Method == TrainingMethod.Qlora && !job.Device.IsCuda;
        using var mapped = mapsBlocks ? new MappedBlocks(AssumedMemory.LargestOnHeapQlora) : null;
        using var scope = NewDisposeScope();
        using var model = Trainables.Load(_recipe, job.ModelFolder, job.Device, Objective.Heads);
        rows.CheckTokens(model.Decoder.Config.VocabSize);
        var identity = RunIdentity.Of(_recipe, rows.Train, rows.Evaluation, ModelFolder.Open(job.ModelFolder).WeightsFingerprint);
        using var stream = Objective.Open(new TrainingSetup(_recipe, rows, model));
        var live = new LiveModel(model, job.ModelFolder);
        using var run = new TrainingRun(_recipe, model, rows, identity, stream, live, _told, Objective.RowsTogether);
        _told.Started(rows, run.TotalSteps, model.ParameterCount, job.Recipe);
        var probes = ProbesOf(model);
        var snapshots = new RunSnapshots(job.OutputFolder, _recipe, observer, _told) { WhileWriting = WhileWriting };
        var resumed = snapshots.Resume(run);
        _told.Log = new RunLog(job.OutputFolder, _recipe, run.TotalSteps, run.Step);
        if (!resumed) Begin(run, probes);
        return Loop(run, snapshots, probes, stop) ? Finish(run, snapshots, model) : Stopped(run, snapshots);
    }

    private RunRows SuitableRows()
    {
        var rows = RunRows.Of(job with { Recipe = _recipe }, Objective.RowsTogether);
        if (Objective.Problems(_recipe, rows).FirstOrDefault(problem => problem.IsError) is { } problem)
            throw new BadInputException(problem.Field, null, problem.Message);
        return rows;
    }

    private ProbePrompts? ProbesOf(Trainables model)
    {
        if (_recipe.ProbePrompts.Count == 0) return null;
        var probes = new ProbePrompts(_recipe, model, job.ModelFolder);
        if (probes.Fault is not { } fault) return probes;
        _told.ProbeFailed(0, fault);
        return null;
    }

    // Before the first step the largest micro-batch shows whether memory is enough, and the base answers the probe prompts.
    private void Begin(TrainingRun run, ProbePrompts? probes)
    {
        using (var watch = new MemoryWatch(run.Device)) _told.MemoryProbed(run.Steps.TryLargest(), watch);
        Probe(run, probes);
    }

    // The training loop. False: stopped before the end.
    private bool Loop(TrainingRun run, RunSnapshots snapshots, ProbePrompts? probes, CancellationToken stop)
    {
        var evaluations = new EvaluationSchedule(_recipe, run.TotalSteps);
        while (run.Step < run.TotalSteps && !run.Standing.IsExhausted(_recipe))
        {
            if (stop.IsCancellationRequested) return false;
            var before = run.Stream.Epoch;
            var batch = run.Stream.Next(run.Live);
            var losses = _meter.Step(batch.Tokens, () => run.Steps.Take(batch));
            run.Add(losses);
            _told.RowLosses(run.Ledger.TakeBefore(run.Stream.Position.Batches.Epoch));

            var due = evaluations.IsDue(run.Step, before, run.Stream.Epoch);
            var began = Stopwatch.GetTimestamp();
            var evaluated = due ? run.Evaluate() : null;
            Report(run, losses, evaluated, Stopwatch.GetElapsedTime(began));
            if (due) Probe(run, probes);
            snapshots.SaveWhenDue(run);
            NoticeChangedModel(run.Step);
            observer.BetweenSteps?.Invoke();
        }

        return true;
    }

    private void Report(TrainingRun run, StepLosses losses, EvaluationResult? evaluated, TimeSpan evaluation)
    {
        var log = run.Step == run.TotalSteps || run.Step % _recipe.LogEvery(run.TotalSteps) == 0;
        if (!log && evaluated is null) return;
        var (seconds, speed, memory, card) = _meter.Read();
        _told.Metrics(new StepMetrics
        {
            Step = run.Step,
            TotalSteps = run.TotalSteps,
            Epoch = run.Stream.Epoch,
            Loss = log ? run.TakeWindowLoss() : null,
            GradNorm = log && double.IsFinite(losses.GradNorm) ? losses.GradNorm : null,
            LearningRate = losses.LearningRate,
            EvalLoss = evaluated?.Loss,
            EvalSeconds = evaluated is null ? null : evaluation.TotalSeconds,
            EvalTokenAccuracy = evaluated?.TokenAccuracy,
            LossScale = run.Steps.Scaling?.Scale,
            SkippedSteps = run.Steps.SkippedSteps,
            MicroBatchSize = run.Steps.Plan.MicroBatchSize,
            TokensPerSecond = speed,
            SecondsPerStep = seconds,
            MemoryBytes = memory,
            DeviceMemoryBytes = card?.PeakReservedBytes,
            DeviceAllocatedBytes = card?.PeakAllocatedBytes,
            At = DateTimeOffset.UtcNow,
        });
    }

    // Said once. What is trained is in memory, so the run continues.
    private void NoticeChangedModel(int step)
    {
        if (_modelFiles?.HaveChanged != true) return;
        _modelFiles = null;
        _told.ModelChanged(step);
    }

    // An answer that fails, for want of memory too, is no reason to end a run.
    private void Probe(TrainingRun run, ProbePrompts? probes) =>
        probes?.Answer(run.Step, _told.Probe, (prompt, error) => _told.ProbeFailed(run.Step, $"{prompt + 1}: {error.Message}"));

    private TrainingResult Stopped(TrainingRun run, RunSnapshots snapshots)
    {
        var folder = snapshots.Ensure(run);
        _told.Stopped(run.Step, run.TotalSteps);
        return new TrainingResult(TrainingOutcome.Stopped, run.Step, folder, run.LastLoss, run.LastEvalLoss);
    }

    private TrainingResult Finish(TrainingRun run, RunSnapshots snapshots, Trainables model)
    {
        if (run.Step < run.TotalSteps) _told.EarlyStopped(run.Step, run.Standing);
        _told.RowLosses(run.Ledger.TakeBefore(int.MaxValue));
        _told.Log?.Save();
        var resultStep = snapshots.TakeBest(run);
        var folder = model.Save(job);
        _told.Finished(run.Step, run.LastLoss);
        return new TrainingResult(TrainingOutcome.Finished, run.Step, folder, run.LastLoss, run.LastEvalLoss) { ResultStep = resultStep };
    }
}
