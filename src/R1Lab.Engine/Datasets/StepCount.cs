namespace R1Lab.Engine.Datasets;

/// <summary>How lines become optimizer steps: how many a step takes, and how many steps a run has.</summary>
internal sealed class StepCount
{
    private readonly BatchSettings _settings;
    private readonly Func<int, int> _count;
    private readonly long? _limit;

    /// <param name="count">Lines of an epoch, from 0.</param>
    public StepCount(BatchSettings settings, Func<int, int> count)
    {
        (_settings, _count) = (settings, count);
        if (settings.Epochs is not { } epochs) return;
        if (settings.EpochEnd == EpochEnd.CarryOver)
        {
            _limit = LinesOf(epochs);
            Total = (int)Math.Max(1, (_limit.Value + LinesPerStep - 1) / LinesPerStep);
        }
        else
        {
            Total = (int)Math.Clamp(settings.EpochEnd == EpochEnd.WholeRun ? WholeRun(epochs) : OfEpochs(epochs), 1, int.MaxValue);
            _limit = LinesOf(Total.Value);
        }
    }

    /// <summary>Optimizer steps of the run; null when it has no limit of epochs.</summary>
    public int? Total { get; }

    private int LinesPerStep => _settings.BatchSize * _settings.Accumulation;

    /// <summary>The lines of an epoch that are trained.</summary>
    public int Lines(int epoch)
    {
        var lines = _count(epoch);
        return _settings.EpochEnd == EpochEnd.DropLast && lines > _settings.BatchSize ? lines / _settings.BatchSize * _settings.BatchSize : lines;
    }

    /// <summary>How many lines the next step takes; 0 at the end of the run.</summary>
    /// <param name="line">Lines taken of the current epoch.</param>
    /// <param name="lines">Lines of the current epoch.</param>
    /// <param name="taken">Lines taken in all.</param>
    public int Next(long line, int lines, long taken)
    {
        var most = _settings.EpochEnd == EpochEnd.CarryOver ? LinesPerStep : Math.Min(LinesPerStep, lines - line);
        return (int)Math.Clamp((_limit ?? long.MaxValue) - taken, 0, most);
    }

    private long StepsOf(int epoch) => ((long)Lines(epoch) + LinesPerStep - 1) / LinesPerStep;

    // Only packing makes epochs differ.
    private bool AreEqual => _settings.PackTo is null;

    private double OfEpochs(double epochs)
    {
        if (AreEqual) return Math.Ceiling(epochs * StepsOf(0) - 1e-9);
        var whole = (int)Math.Floor(epochs);
        var steps = Enumerable.Range(0, whole).Sum(StepsOf);
        return epochs > whole ? steps + Math.Ceiling((epochs - whole) * StepsOf(whole) - 1e-9) : steps;
    }

    private double WholeRun(double epochs) =>
        AreEqual ? Math.Ceiling(epochs * _count(0) / LinesPerStep - 1e-9) : Math.Floor(Math.Max(1, _count(0) / LinesPerStep) * epochs + 1e-9);

    private long LinesOf(int steps)
    {
        if (AreEqual) return steps / StepsOf(0) * Lines(0) + Math.Min(Lines(0), steps % StepsOf(0) * LinesPerStep);
        var (lines, left) = (0L, (long)steps);
        for (var epoch = 0; left > 0; left -= StepsOf(epoch++)) lines += Math.Min(Lines(epoch), left * LinesPerStep);
        return lines;
    }

    private long LinesOf(double epochs)
    {
        if (AreEqual) return (long)Math.Ceiling(epochs * _count(0) - 1e-9);
        var whole = (int)Math.Floor(epochs);
        var lines = Enumerable.Range(0, whole).Sum(epoch => (long)_count(epoch));
        return epochs > whole ? lines + (long)Math.Ceiling((epochs - whole) * _count(whole) - 1e-9) : lines;
    }
}
