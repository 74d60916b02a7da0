using R1Lab.Engine.Datasets;
using R1Lab.Engine.Modeling;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Training;

/// <summary>The tensors and counters of a run while it goes: takes steps, evaluates, and can say its whole state.</summary>
internal sealed class TrainingRun : IDisposable
{
    private readonly TrainingRecipe _recipe;
    private readonly RunIdentity _identity;
    private readonly Optimizer _optimizer;
    private readonly TrainingPass _pass;
    private readonly Batcher _batcher;
    private readonly LearningRateSchedule _schedule;
    private readonly IReadOnlyList<TokenExample> _evaluation;
    private readonly StepClock? _clock;
    private double _windowLoss;
    private int _windowSteps;

    public TrainingRun(TrainingRecipe recipe, Trainables model, Batcher batcher, IReadOnlyList<TokenExample> evaluation, RunIdentity identity, StepClock? clock = null)
    {
        (_recipe, _identity, _batcher, _evaluation, _clock) = (recipe, identity, batcher, evaluation, clock);
        TotalSteps = batcher.Steps ?? recipe.MaxSteps!.Value;
        var family = model.Decoder.Config.Family;
        _optimizer = new Optimizer(model.Parameters, recipe, name => recipe.DecayGroups == DecayGroups.Uniform || Optimizer.DecaysByDefault(name, family));
        _pass = new TrainingPass(model.Decoder, model.Adapter, recipe.GradientCheckpointing, clock)
        {
            NeftuneAlpha = recipe.NeftuneNoiseAlpha,
            Offload = recipe.ActivationOffloading && model.Decoder.Device.IsCuda,
        };
        _schedule = new LearningRateSchedule(recipe, TotalSteps);
    }

    public int TotalSteps { get; }

    /// <summary>Optimizer steps done.</summary>
    public int Step => _optimizer.Steps;

    public double Epoch => _batcher.Epoch;

    public double? LastLoss { get; private set; }

    public double? LastEvalLoss { get; private set; }

    public IEnumerable<KeyValuePair<string, Tensor>> Tensors => _optimizer.State();

    public SnapshotState State => new()
    {
        Identity = _identity,
        Step = Step,
        Position = _batcher.Position,
        WindowLoss = _windowLoss,
        WindowSteps = _windowSteps,
        LastLoss = LastLoss,
        LastEvalLoss = LastEvalLoss,
    };

    /// <exception cref="ResumeRefusedException">The snapshot is of a run with another recipe, data or model.</exception>
    public void Resume(Snapshot snapshot)
    {
        var differences = _identity.DifferencesFrom(snapshot.State.Identity);
        if (differences.Count > 0)
            throw new ResumeRefusedException($"The snapshot {Path.GetFileName(snapshot.Folder)} belongs to another run: {string.Join("; ", differences)}. Start a new run, or undo the change.");
        snapshot.RestoreInto(_optimizer);
        _batcher.Position = snapshot.State.Position;
        (_windowLoss, _windowSteps) = (snapshot.State.WindowLoss, snapshot.State.WindowSteps);
        (LastLoss, LastEvalLoss) = (snapshot.State.LastLoss, snapshot.State.LastEvalLoss);
    }

    public StepBatch NextBatch()
    {
        _clock?.Enter(StepPhase.Data);
        return _batcher.Next();
    }

    /// <summary>One optimizer step.</summary>
    /// <returns>The gradient's norm before clipping and the rate used.</returns>
    /// <exception cref="TrainingDivergedException">Loss or gradient is not finite; no weight was changed.</exception>
    public (double GradNorm, double LearningRate) Take(StepBatch batch)
    {
        var step = Step + 1;
        var loss = Accumulate(batch, step);
        _clock?.Enter(StepPhase.Optimizer);
        if (!double.IsFinite(loss)) throw new TrainingDivergedException(step, "loss", batch.Rows);
        var norm = _optimizer.Gradients.Norm();
        if (!double.IsFinite(norm)) throw new TrainingDivergedException(step, "gradient", batch.Rows);
        _optimizer.Gradients.Clip(norm, _recipe.MaxGradNorm);
        var rate = _schedule.At(step);
        _optimizer.Step(rate);
        _clock?.Stop();
        (_windowLoss, _windowSteps) = (_windowLoss + loss, _windowSteps + 1);
        return (norm, rate);
    }

    /// <summary>Mean loss since it was last asked for.</summary>
    public double TakeWindowLoss()
    {
        LastLoss = _windowLoss / _windowSteps;
        (_windowLoss, _windowSteps) = (0, 0);
        return LastLoss.Value;
    }

    /// <summary>Loss per learned token over the evaluation rows.</summary>
    public double Evaluate()
    {
        var size = _recipe.PerDeviceEvalBatchSize ?? _recipe.PerDeviceTrainBatchSize;
        var (sum, tokens) = (0.0, 0L);
        foreach (var rows in Enumerable.Range(0, _evaluation.Count).OrderBy(row => _evaluation[row].Length).Chunk(size))
        {
            using var scope = NewDisposeScope();
            var batch = MicroBatch.Of(_evaluation, [.. rows.Select(row => new[] { row })], packed: false);
            if (batch.Targets.Length == 0) continue;
            sum += _pass.Evaluate(batch).ToSingle();
            tokens += batch.Targets.Length;
        }

        LastEvalLoss = sum / Math.Max(1, tokens);
        return LastEvalLoss.Value;
    }

    public void Dispose() => _optimizer.Dispose();

    private double Accumulate(StepBatch batch, int step)
    {
        _clock?.Enter(StepPhase.Optimizer);
        _optimizer.Gradients.Clear();
        using var scope = NewDisposeScope();
        var losses = new List<Tensor>();
        for (var micro = 0; micro < batch.MicroBatches.Count; micro++)
        {
            var part = batch.MicroBatches[micro];
            if (part.Targets.Length == 0) continue;
            var divisor = _recipe.LossNormalization == LossNormalization.TokenSum ? batch.TrainedTokens : (double)part.Targets.Length * batch.MicroBatches.Count;
            losses.Add(_pass.Backward(part, divisor, (long)(SeededShuffle.Mix(_recipe.Seed, step, micro) >> 1)));
            _optimizer.Gradients.Gather(_optimizer.Parameters);
        }

        return losses.Sum(loss => (double)loss.ToSingle());
    }
}
