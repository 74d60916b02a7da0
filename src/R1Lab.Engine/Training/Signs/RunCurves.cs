namespace R1Lab.Engine.Training.Signs;

/// <summary>The curves of a run, ready to be judged: in order, each step once, without what is no number.</summary>
internal sealed class RunCurves
{
    public RunCurves(IReadOnlyList<StepMetrics> logged, int totalSteps)
    {
        var steps = InOrder(logged);
        TotalSteps = totalSteps;
        Step = steps.Count > 0 ? steps[^1].Step : 0;
        NotFiniteStep = steps.FirstOrDefault(step => IsBroken(step.Loss) || IsBroken(step.GradNorm) && step.LossScale is null)?.Step;
        Losses = Series(steps, step => step.Loss);
        Evaluations = Series(steps, step => step.EvalLoss);
        Norms = Series(steps, step => step.GradNorm);
    }

    /// <summary>Optimizer steps done; 0 before the first logged one.</summary>
    public int Step { get; }

    /// <summary>0 when not known.</summary>
    public int TotalSteps { get; }

    /// <summary>The first step with a loss or gradient that is no number. A float16 gradient may overflow: its step is skipped.</summary>
    public int? NotFiniteStep { get; }

    public IReadOnlyList<(int Step, double Value)> Losses { get; }

    public IReadOnlyList<(int Step, double Value)> Evaluations { get; }

    public IReadOnlyList<(int Step, double Value)> Norms { get; }

    // A run that went on from a snapshot takes the steps after it again: the earlier take of them does not count.
    private static List<StepMetrics> InOrder(IReadOnlyList<StepMetrics> logged)
    {
        var steps = new List<StepMetrics>(logged.Count);
        foreach (var step in logged)
        {
            while (steps.Count > 0 && steps[^1].Step >= step.Step) steps.RemoveAt(steps.Count - 1);
            steps.Add(step);
        }

        return steps;
    }

    private static bool IsBroken(double? value) => value is { } number && !double.IsFinite(number);

    private static List<(int, double)> Series(List<StepMetrics> steps, Func<StepMetrics, double?> value) =>
        [.. steps.Where(step => value(step) is { } number && double.IsFinite(number)).Select(step => (step.Step, value(step)!.Value))];
}
