using System.Diagnostics;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Native;

namespace R1Lab.Engine.Training;

/// <summary>One step after the other, with everything that belongs to a step: fewer rows at once after an out-of-memory, evaluation, numbers.</summary>
/// <param name="probes">Answers the probe prompts; null: there are none.</param>
internal sealed class TrainingSteps(TrainingRecipe recipe, TrainingRun run, TrainingTold told, TrainingMeter meter, ProbePrompts? probes)
{
    private readonly EvaluationSchedule _schedule = new(recipe, run.TotalSteps);

    /// <summary>What comes before the first step of a run that begins anew: the largest micro-batch shows whether memory is enough, the base answers the probe prompts.</summary>
    public void Begin()
    {
        using (var watch = new MemoryWatch(run.Device)) told.MemoryProbed(WithinMemory(0, run.TryLargest), watch);
        Probe();
    }

    public void TakeOne()
    {
        var before = run.Epoch;
        var batch = run.NextBatch();
        var (norm, rate) = meter.Step(batch.Tokens, () => Take(batch));
        told.RowLosses(run.TakeCompletePasses());
        var look = _schedule.IsDue(run.Step, before, run.Epoch);
        var began = Stopwatch.GetTimestamp();
        var evaluated = look && run.Evaluates ? Evaluate() : null;
        var log = run.Step == run.TotalSteps || run.Step % recipe.LogEvery(run.TotalSteps) == 0;
        if (log || evaluated is not null) Report(log, norm, rate, evaluated, Stopwatch.GetElapsedTime(began).TotalSeconds);
        if (look) Probe();
    }

    private (double GradNorm, double LearningRate) Take(Datasets.StepBatch batch)
    {
        try
        {
            var losses = WithinMemory(run.Step + 1, () => run.Compute(batch));
            var rate = run.Take(losses);
            if (!double.IsFinite(losses.GradNorm)) told.StepSkipped(run.Step, run.LossScale ?? 1);
            return (losses.GradNorm, rate);
        }
        catch (TrainingDivergedException e)
        {
            told.Diverged(e);
            throw;
        }
    }

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
                run.Plan = run.Plan.Smaller() is { } smaller ? told.Smaller(step, smaller, recipe) : throw TooLittle(step, e);
            }
            catch (Exception e) when (run.InOneOrder && DeterministicAlgorithms.Lacks(e))
            {
                run.InOneOrder = false;
                told.OrderNotKept(step, e.Message);
            }
        }
    }

    private TrainingMemoryException TooLittle(int step, Exception error) => new(
        $"The device ran out of memory in step {step} with one line at a time and activation checkpointing: this run needs more than there is. " +
        $"A shorter max_length (now {recipe.MaxLength}), a smaller LoRA rank, a quantised base (qlora) or a device with more memory would help.", error);

    private EvaluationResult? Evaluate()
    {
        var result = run.Evaluate(() => told.EvaluationHalved(run.Step, run.EvaluationBatch));
        if (result is null) told.EvaluationSkipped(run.Step);
        return result;
    }

    // An answer that fails, for want of memory too, is no reason to end a run.
    private void Probe() => probes?.Answer(run.Step, told.Probe, (prompt, error) => told.ProbeFailed(run.Step, $"{prompt + 1}: {error.Message}"));

    private void Report(bool log, double norm, double rate, EvaluationResult? evaluated, double evaluationSeconds)
    {
        var (seconds, speed, memory, card) = meter.Read();
        told.Metrics(new StepMetrics
        {
            Step = run.Step,
            TotalSteps = run.TotalSteps,
            Epoch = run.Epoch,
            Loss = log ? run.TakeWindowLoss() : null,
            GradNorm = log && double.IsFinite(norm) ? norm : null,
            LearningRate = rate,
            EvalLoss = evaluated?.Loss,
            EvalSeconds = evaluated is null ? null : evaluationSeconds,
            EvalTokenAccuracy = evaluated?.TokenAccuracy,
            LossScale = run.LossScale,
            SkippedSteps = run.SkippedSteps,
            MicroBatchSize = run.Plan.MicroBatchSize,
            TokensPerSecond = speed,
            SecondsPerStep = seconds,
            MemoryBytes = memory,
            DeviceMemoryBytes = card?.PeakReservedBytes,
            DeviceAllocatedBytes = card?.PeakAllocatedBytes,
            At = DateTimeOffset.UtcNow,
        });
    }
}
