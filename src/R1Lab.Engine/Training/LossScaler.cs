namespace R1Lab.Engine.Training;

/// <summary>The loss scaler's standing, which a snapshot keeps.</summary>
/// <param name="Scale">What losses are multiplied by.</param>
/// <param name="GoodSteps">Steps taken in a row since the scale last changed.</param>
/// <param name="SkippedSteps">Steps of the whole run that were not taken.</param>
public sealed record LossScaling(double Scale = 65536, int GoodSteps = 0, int SkippedSteps = 0);

/// <summary>
/// Dynamic loss scaling of float16 (arXiv 1710.03740, with the numbers of PyTorch's <c>GradScaler</c>): losses are multiplied before the
/// backward pass so that small gradients do not vanish, gradients are divided again, and a step whose gradient overflowed is not taken.
/// </summary>
internal sealed class LossScaler
{
    private const double Growth = 2;
    private const double Backoff = 0.5;
    private const int GrowthInterval = 2000;

    public LossScaling State { get; set; } = new();

    public double Scale => State.Scale;

    public int SkippedSteps => State.SkippedSteps;

    /// <summary>At a scale of 1 an overflow is no fault of the scale any more: the gradient itself has left float16.</summary>
    public bool IsExhausted => Scale * Backoff < 1;

    public void Taken() => State = State.GoodSteps + 1 == GrowthInterval
        ? State with { Scale = Scale * Growth, GoodSteps = 0 }
        : State with { GoodSteps = State.GoodSteps + 1 };

    public void Skipped() => State = new LossScaling(Scale * Backoff, 0, SkippedSteps + 1);
}
