using System.Globalization;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Training.Logging;

namespace R1Lab.Engine.Training;

/// <summary>Puts what happens in a run into the words of its time line and hands it to the observer.</summary>
internal sealed class TrainingTold(TrainingObserver observer)
{
    /// <summary>The files the numbers also go to.</summary>
    public RunLog? Log { get; set; }

    public void Metrics(StepMetrics metrics)
    {
        Log?.Add(metrics);
        observer.OnMetrics?.Invoke(metrics);
    }

    public void RowLosses(IReadOnlyList<IReadOnlyList<RowLoss>> passes)
    {
        foreach (var pass in passes) observer.OnRowLosses?.Invoke(pass);
    }

    public void Started(RunRows rows, int steps, long parameters, TrainingRecipe asked)
    {
        Tell(0, TrainingEventKinds.Started, $"Training {parameters} parameters on {rows.Train.Count} rows for {steps} steps.", rows.Train.Count, rows.Evaluation.Count, steps, parameters);
        foreach (var problem in asked.Problems().Where(problem => problem.Severity == ProblemSeverity.Note))
            Tell(0, TrainingEventKinds.Adjusted, problem.Message, [problem.Field, problem.Code, .. problem.Arguments]);
    }

    public void MemoryProbed(MicroBatch batch, MemoryWatch watch)
    {
        var peak = watch.Peak;
        var places = (long)batch.Lines * batch.Length;
        Tell(0, TrainingEventKinds.MemoryProbed, $"The largest batch ({batch.Lines} lines, {places} tokens with padding) took {peak / 1e6:F0} MB.", peak, places, batch.Lines);
    }

    /// <summary>Tells of a plan that needs less memory.</summary>
    public MicroBatchPlan Smaller(int step, MicroBatchPlan plan, TrainingRecipe recipe)
    {
        if (plan.Checkpointing == recipe.GradientCheckpointing && plan.Layers == recipe.GradientCheckpointingLayers)
            Tell(step, TrainingEventKinds.MicroBatchHalved, $"The device ran out of memory in step {step}: {plan.MicroBatchSize} lines go at once now, the step stays the same.", step, plan.MicroBatchSize, recipe.PerDeviceTrainBatchSize);
        else
            Tell(step, TrainingEventKinds.CheckpointingOn, $"The device ran out of memory in step {step} with one line at a time: activation checkpointing is on now, the step stays the same.", step);
        return plan;
    }

    public void OrderNotKept(int step, string reason)
    {
        var line = reason.ReplaceLineEndings("\n").Split('\n')[0];
        Tell(step, TrainingEventKinds.OrderNotKept, $"An operator on this device cannot add up in one order ({line}): the run goes on, but repeated or resumed it may differ in the last digits.", line);
    }

    public void EvaluationHalved(int step, int rows) =>
        Tell(step, TrainingEventKinds.EvaluationBatchHalved, $"The device ran out of memory in the evaluation after step {step}: {rows} rows are evaluated at once now.", step, rows);

    public void EvaluationSkipped(int step) =>
        Tell(step, TrainingEventKinds.EvaluationSkipped, $"The evaluation after step {step} was left out: the device has too little memory for one row.", step);

    public void ModelChanged(int step) =>
        Tell(step, TrainingEventKinds.ModelChanged, $"Files of the model were changed or replaced (noticed after step {step}). The run trains what it loaded; it cannot be resumed with the new files, and an adapter it makes fits the old ones.", step);

    public void StepSkipped(int step, double scale) => Tell(
        step, TrainingEventKinds.StepSkipped, string.Create(CultureInfo.InvariantCulture, $"Step {step} was skipped: a float16 gradient overflowed. Losses are scaled by {scale} from now on."), step, scale);

    public void Diverged(TrainingDivergedException e)
    {
        Log?.Save();
        Tell(e.Step, TrainingEventKinds.Diverged, e.Message, e.Step, e.Quantity, string.Join(", ", e.Rows), e.Layer);
    }

    public void SnapshotSkipped(string name, string reason) =>
        Tell(0, TrainingEventKinds.SnapshotSkipped, $"The snapshot {name} is damaged and was passed over: {reason}.", name, reason);

    public void Resumed(int step) => Tell(step, TrainingEventKinds.Resumed, $"Going on from the snapshot of step {step}.", step);

    public void SnapshotSaved(int step, string folder)
    {
        Tell(step, TrainingEventKinds.SnapshotSaved, $"Snapshot of step {step} saved.", step, Path.GetFileName(folder));
        observer.OnSnapshot?.Invoke(folder);
    }

    public void Stopped(int step, int total) => Tell(step, TrainingEventKinds.Stopped, $"Stopped after step {step} of {total}.", step, total);

    public void EarlyStopped(int step, EvaluationStanding standing) => Tell(
        step, TrainingEventKinds.EarlyStopped, string.Create(CultureInfo.InvariantCulture,
            $"Stopped early after step {step}: {standing.WithoutBetter} evaluations without a better one than that of step {standing.BestStep} ({standing.BestValue:F4})."),
        step, standing.WithoutBetter, standing.BestStep ?? 0, standing.BestValue ?? 0);

    public void BestRestored(int step, EvaluationStanding standing, BestMetric metric)
    {
        var name = SnakeCase.Of(metric);
        Tell(step, TrainingEventKinds.BestRestored, string.Create(CultureInfo.InvariantCulture, $"The result is the best checkpoint, that of step {standing.BestStep} ({name} {standing.BestValue:F4})."),
            standing.BestStep ?? 0, name, standing.BestValue ?? 0);
    }

    public void BestMissing(int step, int best, string reason) =>
        Tell(step, TrainingEventKinds.BestMissing, $"The best checkpoint, of step {best}, cannot be read ({reason}); the result is the last step.", best, reason);

    public void Probe(ProbeAnswer answer) => observer.OnProbe?.Invoke(answer);

    public void ProbeFailed(int step, string reason) =>
        Tell(step, TrainingEventKinds.ProbeFailed, $"Probe prompts were not answered after step {step}: {reason}", step, reason);

    public void Finished(int step, double? loss) => Tell(step, TrainingEventKinds.Finished, $"Finished after {step} steps.", step, loss ?? 0);

    private void Tell(int step, string kind, string message, params object[] arguments) =>
        observer.OnEvent?.Invoke(new TrainingEvent(DateTimeOffset.UtcNow, step, kind, message, arguments));
}
