using R1Lab.Engine.Training;

namespace R1Lab.Samples.Making;

/// <summary>Tells a run's numbers to whoever watches the console.</summary>
public static class ConsoleReport
{
    public static TrainingObserver Observer { get; } = new()
    {
        OnMetrics = m => Console.WriteLine($"step {m.Step}/{m.TotalSteps}  loss {m.Loss:F4}  eval {m.EvalLoss:F4}  norm {m.GradNorm:F2}  rate {m.LearningRate:G3}  {m.TokensPerSecond:F0} tokens/s"),
        OnEvent = e => Console.WriteLine($"{e.Kind}: {e.Message}"),
    };
}
