using R1Lab.Engine.Devices;
using R1Lab.Engine.Training.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Training;

/// <summary>Where a run stands: its steps, losses and evaluations, and all of that as a snapshot keeps it.</summary>
internal sealed class TrainingRun : IDisposable
{
    private readonly TrainingRecipe _recipe;
    private readonly RunIdentity _identity;
    private readonly Evaluator _evaluator;
    private readonly TrainingTold _told;
    private double _windowLoss;
    private int _windowSteps;

    /// <param name="recipe">The effective recipe.</param>
    /// <param name="stream">The objective's steps over <paramref name="rows"/>; stays the caller's.</param>
    /// <param name="live">The model for what the objective asks of it.</param>
    /// <param name="together">So many neighbouring rows are evaluated together.</param>
    public TrainingRun(
        TrainingRecipe recipe, Trainables model, RunRows rows, RunIdentity identity,
        ITrainingStream stream, LiveModel live, TrainingTold told, int together)
    {
        (_recipe, _identity, _told, Stream, Live) = (recipe, identity, told, stream, live);
        Device = model.Decoder.Device;
        Prints = RowPrints.Of(rows);
        Steps = new TrainingStep(recipe, model, stream, live, told);
        var batchSize = recipe.PerDeviceEvalBatchSize ?? recipe.PerDeviceTrainBatchSize;
        var positions = (long)batchSize * rows.LongestLine(recipe);
        _evaluator = new Evaluator(batch => stream.Evaluate(batch, live), rows.Evaluation, batchSize, positions, together);
    }

    public ComputeDevice Device { get; }

    public ITrainingStream Stream { get; }

    public LiveModel Live { get; }

    public TrainingStep Steps { get; }

    /// <summary>Optimizer steps done.</summary>
    public int Step => Steps.Count;

    public int TotalSteps => Stream.TotalSteps;

    public double? LastLoss { get; private set; }

    public double? LastEvalLoss { get; private set; }

    public RowPrints Prints { get; }

    public RowLedger Ledger { get; } = new();

    public EvaluationStanding Standing { get; private set; } = new();

    /// <summary>Everything a snapshot keeps, in the caller's dispose scope.</summary>
    public IReadOnlyList<KeyValuePair<string, Tensor>> Tensors => [.. Steps.State, .. Ledger.State()];

    public SnapshotState State => new()
    {
        Identity = _identity,
        Step = Step,
        Position = Stream.Position.Batches,
        Objective = Stream.Position.Values,
        WindowLoss = _windowLoss,
        WindowSteps = _windowSteps,
        LastLoss = LastLoss,
        LastEvalLoss = LastEvalLoss,
        Standing = Standing,
        Plan = Steps.Plan,
        EvaluationBatch = _evaluator.BatchSize,
        Scaler = Steps.Scaling,
    };

    /// <exception cref="ResumeRefusedException">The snapshot is of a run with another recipe, data or model.</exception>
    public void Resume(Snapshot snapshot)
    {
        var rowsThen = RowPrints.Read(Path.GetDirectoryName(snapshot.Folder)!);
        var differences = _identity.DifferencesFrom(snapshot.State.Identity, rowsThen, Prints);
        if (differences.Count > 0)
            throw new ResumeRefusedException(
                $"The snapshot {Path.GetFileName(snapshot.Folder)} belongs to another run: {string.Join("; ", differences)}. " +
                "Start a new run, or undo the change.");
        var state = snapshot.State;
        Steps.Resume(snapshot, Ledger);
        Stream.Position = new(state.Position, state.Objective);
        (_windowLoss, _windowSteps) = (state.WindowLoss, state.WindowSteps);
        (LastLoss, LastEvalLoss, Standing) = (state.LastLoss, state.LastEvalLoss, state.Standing);
        if (state.EvaluationBatch is { } rows) _evaluator.BatchSize = rows;
    }

    /// <summary>Counts a step's losses: for the mean of the next logged step, and row by row.</summary>
    public void Add(StepLosses losses)
    {
        foreach (var part in losses.Parts) Ledger.Add(part.Batch, part.Each);
        (_windowLoss, _windowSteps) = (_windowLoss + losses.Loss, _windowSteps + 1);
    }

    /// <summary>Mean loss of the steps since the last call.</summary>
    public double TakeWindowLoss()
    {
        LastLoss = _windowLoss / _windowSteps;
        (_windowLoss, _windowSteps) = (0, 0);
        return LastLoss.Value;
    }

    /// <summary>Scores the held-out rows and judges.</summary>
    /// <returns>Null where none are held out, or where not even one row fits into the memory there is: then nothing was judged.</returns>
    public EvaluationResult? Evaluate()
    {
        if (!_evaluator.HasRows) return null;
        if (_evaluator.Evaluate(() => _told.EvaluationHalved(Step, _evaluator.BatchSize)) is not { } result)
        {
            _told.EvaluationSkipped(Step);
            return null;
        }

        LastEvalLoss = result.Loss;
        Standing = Standing.After(Step, _recipe.MetricForBestModel == BestMetric.EvalLoss ? result.Loss : result.TokenAccuracy, _recipe);
        return result;
    }

    public void Dispose() => Steps.Dispose();
}
