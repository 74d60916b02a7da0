using R1Lab.Engine.Datasets;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Training;

/// <summary>The tensors and counters of a run while it goes: takes steps, evaluates, and can say its whole state.</summary>
internal sealed class TrainingRun : IDisposable
{
    private readonly TrainingRecipe _recipe;
    private readonly RunIdentity _identity;
    private readonly RunRows _rows;
    private readonly Trainables _model;
    private readonly Optimizer _optimizer;
    private readonly StepPasses _passes;
    private readonly Batcher _batcher;
    private readonly LearningRateSchedule _schedule;
    private readonly Evaluator _evaluator;
    private readonly StepClock? _clock;
    private readonly LossScaler? _scaler;
    private double _windowLoss;
    private int _windowSteps;

    /// <param name="beforePass">Called before every pass with its rows, and true where gradients are taken.</param>
    public TrainingRun(TrainingRecipe recipe, Trainables model, RunRows rows, RunIdentity identity, Action<MicroBatch, bool>? beforePass = null, StepClock? clock = null)
    {
        (_recipe, _identity, _rows, _model, _clock) = (recipe, identity, rows, model, clock);
        _batcher = new Batcher(rows.Train, recipe.Batches());
        TotalSteps = recipe.StepsOver(_batcher);
        var family = model.Decoder.Config.Family;
        _optimizer = new Optimizer(model.Parameters, recipe, name => recipe.DecayGroups == DecayGroups.Uniform || Optimizer.DecaysByDefault(name, family));
        var pass = new TrainingPass(model.Decoder, model.Adapter, recipe.GradientCheckpointing, clock)
        {
            BeforePass = beforePass,
            CheckpointedBlocks = recipe.GradientCheckpointingLayers,
            NeftuneAlpha = recipe.NeftuneNoiseAlpha,
            Offload = recipe.ActivationOffloading && model.Decoder.Device.IsCuda,
        };
        _passes = new StepPasses(recipe, _batcher, pass, _optimizer);
        _scaler = model.Decoder.Dtype == ScalarType.Float16 ? new LossScaler() : null;
        _schedule = new LearningRateSchedule(recipe, TotalSteps);
        var evaluationBatch = recipe.PerDeviceEvalBatchSize ?? recipe.PerDeviceTrainBatchSize;
        _evaluator = new Evaluator(pass, rows.Evaluation, evaluationBatch, (long)evaluationBatch * rows.LongestLine(recipe));
    }

    public ComputeDevice Device => _model.Decoder.Device;

    public int TotalSteps { get; }

    /// <summary>Optimizer steps done, those that were skipped included: as in Hugging Face's trainer they count, but move neither weights nor the learning rate.</summary>
    public int Step => _optimizer.Steps + SkippedSteps;

    /// <summary>What float16 losses are multiplied by; null in other types.</summary>
    public double? LossScale => _scaler?.Scale;

    public int SkippedSteps => _scaler?.SkippedSteps ?? 0;

    public double Epoch => _batcher.Epoch;

    public double? LastLoss { get; private set; }

    public double? LastEvalLoss { get; private set; }

    public RowPrints Prints => RowPrints.Of(_rows);

    public RowLedger Ledger { get; } = new();

    public EvaluationStanding Standing { get; private set; } = new();

    public bool Evaluates => _evaluator.HasRows;

    public int EvaluationBatch => _evaluator.BatchSize;

    /// <summary>Whether passes add up in one order, so that the run comes to the same numbers when it is repeated or resumed.</summary>
    public bool InOneOrder
    {
        get => _passes.InOneOrder;
        set => _passes.InOneOrder = value;
    }

    /// <summary>How steps pass through the device.</summary>
    public MicroBatchPlan Plan
    {
        get => _passes.Plan;
        set => _passes.Plan = value;
    }

    /// <summary>Everything a snapshot keeps, in the caller's dispose scope.</summary>
    public IReadOnlyList<KeyValuePair<string, Tensor>> Tensors => [.. _optimizer.State(), .. Ledger.State()];

    public SnapshotState State => new()
    {
        Identity = _identity,
        Step = Step,
        Position = _batcher.Position,
        WindowLoss = _windowLoss,
        WindowSteps = _windowSteps,
        LastLoss = LastLoss,
        LastEvalLoss = LastEvalLoss,
        Standing = Standing,
        Plan = Plan,
        EvaluationBatch = _evaluator.BatchSize,
        Scaler = _scaler?.State,
    };

    /// <exception cref="ResumeRefusedException">The snapshot is of a run with another recipe, data or model.</exception>
    public void Resume(Snapshot snapshot)
    {
        var differences = _identity.DifferencesFrom(snapshot.State.Identity, RowPrints.Read(Path.GetDirectoryName(snapshot.Folder)!), Prints);
        if (differences.Count > 0)
            throw new ResumeRefusedException($"The snapshot {Path.GetFileName(snapshot.Folder)} belongs to another run: {string.Join("; ", differences)}. Start a new run, or undo the change.");
        snapshot.RestoreInto(_optimizer, Ledger);
        var state = snapshot.State;
        if (_scaler is not null) _scaler.State = state.Scaler ?? new();
        _batcher.Position = state.Position;
        (_windowLoss, _windowSteps) = (state.WindowLoss, state.WindowSteps);
        (LastLoss, LastEvalLoss, Standing) = (state.LastLoss, state.LastEvalLoss, state.Standing);
        if (state.Plan is { } plan) Plan = plan;
        if (state.EvaluationBatch is { } rows) _evaluator.BatchSize = rows;
    }

    /// <summary>Takes an earlier step's parameters back, for the result: no step can be taken afterwards.</summary>
    public void TakeResult(Snapshot snapshot) => snapshot.RestoreResult(_optimizer);

    public StepBatch NextBatch()
    {
        _clock?.Enter(StepPhase.Data);
        return _batcher.Next();
    }

    /// <summary>The largest micro-batch of the run forward and backward, without a step.</summary>
    /// <returns>Its rows as they went.</returns>
    public MicroBatch TryLargest() => _passes.TryLargest(TotalSteps);

    /// <summary>Gradients of a step's rows. May be called again when the device ran out of memory in it.</summary>
    /// <returns>The losses, and the gradient's norm before clipping: not finite where a float16 gradient overflowed.</returns>
    /// <exception cref="TrainingDivergedException">Loss or gradient is not finite; no weight was changed.</exception>
    public StepLosses Compute(StepBatch batch)
    {
        var step = Step + 1;
        _clock?.Enter(StepPhase.Optimizer);
        var losses = _passes.Run(batch, step, LossScale ?? 1);
        _clock?.Enter(StepPhase.Optimizer);
        if (!double.IsFinite(losses.Loss)) throw new TrainingDivergedException(step, "loss", losses.NonFiniteRows(), _passes.FirstNonFinite(losses));
        var norm = _optimizer.Gradients.Norm() / (LossScale ?? 1);
        if (!double.IsFinite(norm) && _scaler?.IsExhausted != false) throw new TrainingDivergedException(step, "gradient", batch.Rows, NonFiniteParameter());
        return losses with { GradNorm = norm };
    }

    /// <summary>Moves the weights along the gradients computed last, or skips the step where they overflowed.</summary>
    /// <returns>The rate used.</returns>
    public double Take(StepLosses losses)
    {
        var rate = _schedule.At(_optimizer.Steps + 1);
        if (double.IsFinite(losses.GradNorm)) Move(losses.GradNorm, rate);
        else _scaler!.Skipped();
        _clock?.Stop();
        foreach (var part in losses.Parts) Ledger.Add(part.Batch, part.Each);
        (_windowLoss, _windowSteps) = (_windowLoss + losses.Loss, _windowSteps + 1);
        return rate;
    }

    /// <summary>Rows' losses of the passes over the data that are complete.</summary>
    public IReadOnlyList<IReadOnlyList<RowLoss>> TakeCompletePasses() => Ledger.TakeBefore(_batcher.Position.Epoch);

    /// <summary>Mean loss since it was last asked for.</summary>
    public double TakeWindowLoss()
    {
        LastLoss = _windowLoss / _windowSteps;
        (_windowLoss, _windowSteps) = (0, 0);
        return LastLoss.Value;
    }

    /// <summary>Looks at the evaluation rows and judges.</summary>
    /// <param name="onHalved">Told when fewer rows go at once from now on.</param>
    /// <returns>Null when not even one row fits into the memory there is: then nothing was judged.</returns>
    public EvaluationResult? Evaluate(Action onHalved)
    {
        if (_evaluator.Evaluate(onHalved) is not { } result) return null;
        LastEvalLoss = result.Loss;
        Standing = Standing.After(Step, _recipe.MetricForBestModel == BestMetric.EvalLoss ? result.Loss : result.TokenAccuracy, _recipe);
        return result;
    }

    public void Dispose() => _optimizer.Dispose();

    private void Move(double norm, double rate)
    {
        if (_scaler is not null) _optimizer.Gradients.Scale((float)(1 / _scaler.Scale));
        _optimizer.Gradients.Clip(norm, _recipe.MaxGradNorm);
        _optimizer.Step(rate);
        _scaler?.Taken();
    }

    private string NonFiniteParameter()
    {
        var place = _optimizer.Gradients.LastNonFinite();
        var name = _model.Parameters.Keys.ElementAtOrDefault(place) ?? "all gradients together";
        return name.StartsWith("base_model.model.", StringComparison.Ordinal) ? name["base_model.model.".Length..] : name;
    }
}
