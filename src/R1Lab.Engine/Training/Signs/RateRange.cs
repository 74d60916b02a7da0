namespace R1Lab.Engine.Training.Signs;

/// <summary>Learning rates that fit a method and a model's size.</summary>
/// <param name="Low">Below this little is learned.</param>
/// <param name="High">Above this training may diverge.</param>
/// <param name="Typical">A rate to begin with.</param>
internal sealed record RateRange(double Low, double High, double Typical)
{
    /// <summary>Models below this many parameters need, and bear, a far higher rate.</summary>
    public const long SmallModel = 100_000_000;

    private static readonly RateRange FullLarge = new(1e-6, 1e-4, 1e-5);
    private static readonly RateRange FullSmall = new(1e-5, 5e-3, 1e-3);
    private static readonly RateRange AdapterLarge = new(5e-5, 2e-3, 2e-4);
    private static readonly RateRange AdapterSmall = new(5e-5, 1e-2, 2e-3);

    /// <param name="parameters">The model's parameter count; null: a rate that fits any size is in range.</param>
    public static RateRange Of(TrainingMethod method, long? parameters)
    {
        var (large, small) = method == TrainingMethod.Full ? (FullLarge, FullSmall) : (AdapterLarge, AdapterSmall);
        if (parameters is { } count) return count < SmallModel ? small : large;
        return new RateRange(Math.Min(large.Low, small.Low), Math.Max(large.High, small.High), large.Typical);
    }
}
