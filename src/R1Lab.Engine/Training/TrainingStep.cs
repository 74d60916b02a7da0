using R1Lab.Engine.Datasets;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Native;
using R1Lab.Engine.Training.Objectives;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Training;

/// <summary>
/// One optimizer step: micro-batches forward and backward, in parts as small as memory asks for; the gradient checked and clipped; the
/// weights moved.
/// </summary>
/// <param name="recipe">The effective recipe.</param>
/// <param name="live">The same model, for what the objective asks of it.</param>
/// <param name="told">Notified when a step needs smaller parts, is skipped or diverges.</param>
internal sealed class TrainingStep(
    TrainingRecipe recipe, Trainables model, ITrainingStream stream, LiveModel live, TrainingTold told, StepClock? clock = null)
    : IDisposable
{
    // So many lines are enough for the trial: a rare longer batch later is met by halving.
    private const int LinesTried = 1_000_000;

    private readonly Optimizer _optimizer = new(model.Parameters, recipe, name =>
        recipe.DecayGroups == DecayGroups.Uniform || Optimizer.DecaysByDefault(name, model.Decoder.Config.Family));

    private readonly TrainingPass _pass = new(model.Decoder, model.Adapter, recipe.GradientCheckpointing, clock)
    {
        Loss = stream.Loss,
        Heads = model.Heads,
        CheckpointedBlocks = recipe.GradientCheckpointingLayers,
        NeftuneAlpha = recipe.NeftuneNoiseAlpha,
        Offload = recipe.ActivationOffloading && model.Decoder.Device.IsCuda,
    };

    private readonly LearningRateSchedule _schedule = new(recipe, stream.TotalSteps);
    private readonly LossScaler? _scaler = model.Decoder.Dtype == ScalarType.Float16 ? new LossScaler() : null;
    private int _lines = recipe.PerDeviceTrainBatchSize;

    /// <summary>
    /// Steps done, those that were skipped included: as in Hugging Face's trainer they count, but move neither weights nor the learning
    /// rate.
    /// </summary>
    public int Count => _optimizer.Steps + SkippedSteps;

    public int SkippedSteps => _scaler?.SkippedSteps ?? 0;

    /// <summary>The standing of the float16 loss scaler; null in other types.</summary>
    public LossScaling? Scaling => _scaler?.State;

    /// <summary>How steps go through the device.</summary>
    public MicroBatchPlan Plan
    {
        get => new(_lines, _pass.Checkpointing, _pass.CheckpointedBlocks);
        private set => (_lines, _pass.Checkpointing, _pass.CheckpointedBlocks) = (value.MicroBatchSize, value.Checkpointing, value.Layers);
    }

    /// <summary>Masters and moments, by name.</summary>
    public IEnumerable<KeyValuePair<string, Tensor>> State => _optimizer.State();

    /// <summary>Continues from a snapshot.</summary>
    public void Resume(Snapshot snapshot, RowLedger ledger)
    {
        snapshot.RestoreInto(_optimizer, ledger);
        if (_scaler is not null) _scaler.State = snapshot.State.Scaler ?? new();
        if (snapshot.State.Plan is { } plan) Plan = plan;
    }

    /// <summary>Takes an earlier step's parameters back, for the result: no step can be taken afterwards.</summary>
    public void TakeResult(Snapshot snapshot) => snapshot.RestoreResult(_optimizer);

    /// <summary>The largest micro-batch of the run forward and backward, without a step.</summary>
    /// <returns>Its rows.</returns>
    public MicroBatch TryLargest() => WithinMemory(0, () =>
    {
        var largest = stream.Largest(Math.Min(stream.TotalSteps, Math.Max(1, LinesTried / recipe.EffectiveBatchSize)));
        using var scope = NewDisposeScope();
        foreach (var part in largest.Split(_lines).Where(part => stream.Loss.Count(part) > 0)) Add(part, stream.Loss.Count(part), 0);
        _optimizer.Gradients.Clear();
        return largest;
    });

    /// <summary>Takes a step; one whose float16 gradient overflowed is skipped.</summary>
    /// <exception cref="TrainingDivergedException">Loss or gradient is not finite; no weight was changed.</exception>
    /// <exception cref="TrainingMemoryException">The device cannot hold the smallest part.</exception>
    public StepLosses Take(StepBatch batch)
    {
        try
        {
            var rate = _schedule.At(_optimizer.Steps + 1);
            var losses = WithinMemory(Count + 1, () => Checked(Gradients(batch, Count + 1), batch)) with { LearningRate = rate };
            if (double.IsFinite(losses.GradNorm)) Move(losses);
            else Skip();
            clock?.Stop();
            return losses;
        }
        catch (TrainingDivergedException e)
        {
            told.Diverged(e);
            throw;
        }
    }

    public void Dispose() => _optimizer.Dispose();

    // Nothing was changed when a pass fails: it can be tried again in smaller parts, or without an order that some operator cannot keep.
    private T WithinMemory<T>(int step, Func<T> passes)
    {
        while (true)
        {
            try
            {
                return passes();
            }
            catch (Exception e) when (OutOfMemory.Is(e))
            {
                Plan = Plan.Smaller() is { } smaller ? told.Smaller(step, smaller, recipe) : throw TooLittle(step, e);
            }
            catch (Exception e) when (_pass.InOneOrder && DeterministicAlgorithms.Lacks(e))
            {
                _pass.InOneOrder = false;
                told.OrderNotKept(step, e.Message);
            }
        }
    }

    // Gradients of a step's rows, computed from zero; they come out multiplied by the scaler's factor, losses do not.
    private StepLosses Gradients(StepBatch batch, int step)
    {
        clock?.Enter(StepPhase.Optimizer);
        _optimizer.Gradients.Clear();
        using var scope = NewDisposeScope();
        var scale = _scaler?.Scale ?? 1;
        var parts = new List<(MicroBatch Batch, long Seed, Tensor Loss, Tensor Each)>();
        for (var micro = 0; micro < batch.MicroBatches.Count; micro++)
        {
            var divisor = DivisorOf(batch, micro) / scale;
            foreach (var (part, seed) in PartsOf(batch.MicroBatches[micro], step, micro))
            {
                var (loss, each) = Add(part, divisor, seed);
                parts.Add((part, seed, loss, each));
            }
        }

        clock?.Enter(StepPhase.Optimizer);
        return new StepLosses([.. parts.Select(part =>
            new PartLosses(part.Batch, part.Seed, part.Loss.ToSingle() / scale, part.Each.cpu().data<float>().ToArray()))]);
    }

    private (Tensor Loss, Tensor Each) Add(MicroBatch part, double divisor, long seed)
    {
        var computed = _pass.Backward(part, divisor, seed, stream.Complete(part, live));
        _optimizer.Gradients.Gather(_optimizer.Parameters);
        return computed;
    }

    // Of the micro-batch as the recipe has it, however small its parts are: so the step stays the same.
    private double DivisorOf(StepBatch batch, int micro) => recipe.LossNormalization == LossNormalization.TokenSum
        ? batch.MicroBatches.Sum(stream.Loss.Count)
        : (double)stream.Loss.Count(batch.MicroBatches[micro]) * batch.MicroBatches.Count;

    private IEnumerable<(MicroBatch Part, long Seed)> PartsOf(MicroBatch whole, int step, int micro)
    {
        var parts = whole.Split(_lines);
        for (var i = 0; i < parts.Count; i++)
        {
            var seed = parts.Count == 1 ? SeededShuffle.Mix(recipe.Seed, step, micro) : SeededShuffle.Mix(recipe.Seed, step, micro, i);
            if (stream.Loss.Count(parts[i]) > 0) yield return (parts[i], (long)(seed >> 1));
        }
    }

    private StepLosses Checked(StepLosses losses, StepBatch batch)
    {
        if (!double.IsFinite(losses.Loss))
            throw new TrainingDivergedException(Count + 1, "loss", losses.NonFiniteRows(), FirstNonFinite(losses));
        var norm = _optimizer.Gradients.Norm() / (_scaler?.Scale ?? 1);
        if (!double.IsFinite(norm) && _scaler?.IsExhausted != false)
            throw new TrainingDivergedException(Count + 1, "gradient", batch.Rows, NonFiniteParameter());
        return losses with { GradNorm = norm };
    }

    private void Move(StepLosses losses)
    {
        if (_scaler is not null) _optimizer.Gradients.Scale((float)(1 / _scaler.Scale));
        _optimizer.Gradients.Clip(losses.GradNorm, recipe.MaxGradNorm);
        _optimizer.Step(losses.LearningRate);
        _scaler?.Taken();
    }

    private void Skip()
    {
        _scaler!.Skipped();
        told.StepSkipped(Count, _scaler.Scale);
    }

    // The layer where the first part whose loss is not finite leaves the finite numbers.
    private string FirstNonFinite(StepLosses losses)
    {
        var first = losses.Parts.FirstOrDefault(part => !double.IsFinite(part.Loss)) ?? losses.Parts[0];
        return _pass.FirstNonFinite(first.Batch, first.DropoutSeed);
    }

    private string NonFiniteParameter()
    {
        var place = _optimizer.Gradients.LastNonFinite();
        var name = model.Parameters.Keys.ElementAtOrDefault(place) ?? "all gradients together";
        return name.StartsWith("base_model.model.", StringComparison.Ordinal) ? name["base_model.model.".Length..] : name;
    }

    private TrainingMemoryException TooLittle(int step, Exception error) => new(
        $"The device ran out of memory in step {step} with one line at a time and activation checkpointing: " +
        $"this run needs more than there is. A shorter max_length (now {recipe.MaxLength}), a smaller LoRA rank, " +
        "a quantised base (qlora) or a device with more memory would help.", error);
}
