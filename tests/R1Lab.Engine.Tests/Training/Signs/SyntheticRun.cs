using R1Lab.Engine.Training;

namespace R1Lab.Engine.Tests.Training.Signs;

/// <summary>Curves of runs that never were, with noise from a seed.</summary>
internal sealed class SyntheticRun(int seed, int points = 100, int loggingSteps = 1)
{
    /// <summary>The loss at a share of the run done, before noise. By default: from 2.2 down to about 0.9, fast and then slowly.</summary>
    public Func<double, double> Loss { get; init; } = done => 0.9 + 1.3 * Math.Exp(-6 * done);

    /// <summary>Noise of the logged loss as a share of it.</summary>
    public double LossNoise { get; init; } = 0.08;

    public Func<double, double>? EvalLoss { get; init; } = done => 1 + 1.2 * Math.Exp(-6 * done);

    public double EvalNoise { get; init; } = 0.004;

    public int Evaluations { get; init; } = 10;

    public Func<double, double> GradNorm { get; init; } = done => 0.4 + Math.Exp(-8 * done);

    /// <summary>Spread of the norm's logarithm.</summary>
    public double NormNoise { get; init; } = 0.4;

    /// <summary>Share of the run that is done.</summary>
    public double Done { get; init; } = 1;

    public int TotalSteps => points * loggingSteps;

    public List<StepMetrics> Steps()
    {
        var random = new Random(seed); // asked again, a run has the same noise
        var steps = new List<StepMetrics>();
        for (var i = 1; i <= points; i++)
        {
            var done = i / (double)points;
            var evaluates = EvalLoss is not null && i % Math.Max(1, points / Evaluations) == 0;
            var step = new StepMetrics
            {
                Step = i * loggingSteps,
                TotalSteps = TotalSteps,
                Loss = Loss(done) * (1 + LossNoise * Normal(random)),
                GradNorm = GradNorm(done) * Math.Exp(NormNoise * Normal(random)),
                EvalLoss = evaluates ? EvalLoss!(done) * (1 + EvalNoise * Normal(random)) : null,
            };
            if (done <= Done) steps.Add(step);
        }

        return steps;
    }

    // Box and Muller.
    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
