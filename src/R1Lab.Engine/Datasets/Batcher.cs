namespace R1Lab.Engine.Datasets;

/// <summary>How rows become batches.</summary>
/// <param name="BatchSize">Lines of a micro-batch.</param>
/// <param name="Accumulation">Micro-batches of an optimizer step.</param>
/// <param name="Epochs">Lines run out after this many passes; null: never.</param>
/// <param name="Shuffle">False keeps the file's order in every epoch.</param>
/// <param name="GroupByLength">Brings rows of like length together.</param>
/// <param name="PackTo">Fills a line with examples up to this many tokens; null: one example a line.</param>
/// <param name="EpochEnd">What becomes of lines that do not fill the last step of an epoch.</param>
public sealed record BatchSettings(int BatchSize, int Accumulation, double? Epochs, bool Shuffle, long Seed, bool GroupByLength = false, int? PackTo = null, EpochEnd EpochEnd = EpochEnd.CarryOver);

/// <summary>Where in the stream of lines a run stands: all that is needed to go on exactly there.</summary>
/// <param name="Epoch">Full passes done.</param>
/// <param name="Line">Lines taken of the current pass.</param>
/// <param name="Taken">Lines taken in all.</param>
public readonly record struct BatchPosition(int Epoch, int Line, long Taken);

/// <summary>
/// Deals the rows out to optimizer steps. The passes over the data form one endless stream, whose steps end with each pass or run on across its end
/// (<see cref="EpochEnd"/>). Each pass's order follows from the seed and the pass's number alone, so a position is the whole state.
/// </summary>
public sealed class Batcher
{
    // Packing an epoch is work: a plan looks no further.
    private const int EpochsPacked = 16;

    private readonly IReadOnlyList<TokenExample> _rows;
    private readonly BatchSettings _settings;
    private readonly EpochLines _lines;
    private readonly StepCount _steps;

    /// <param name="rows">At least one example.</param>
    public Batcher(IReadOnlyList<TokenExample> rows, BatchSettings settings)
    {
        if (rows.Count == 0) throw new ArgumentException("There is no row to deal out.", nameof(rows));
        (_rows, _settings, _lines) = (rows, settings, new EpochLines(rows, settings));
        _steps = new StepCount(settings, _lines.Count);
    }

    public BatchPosition Position { get; set; }

    /// <summary>Passes done, with the part of the current one.</summary>
    public double Epoch => Position.Epoch + (Position.Line == 0 ? 0 : Position.Line / (double)_steps.Lines(Position.Epoch));

    /// <summary>Optimizer steps until the lines run out; null when they never do.</summary>
    public int? Steps => _steps.Total;

    /// <summary>Lines of the first epoch.</summary>
    internal int LinesPerEpoch => _steps.Lines(0);

    /// <summary>The next step's rows; the last step may be smaller. Moves <see cref="Position"/> on.</summary>
    /// <exception cref="InvalidOperationException">The lines have run out.</exception>
    public StepBatch Next()
    {
        var lines = TakeStep();
        if (lines.Count == 0) throw new InvalidOperationException("All rows of the run have been taken.");
        return new StepBatch([.. lines.Chunk(_settings.BatchSize).Select(Lay)]);
    }

    /// <summary>Where every step of the run ends, in epochs, from the first step on: what <see cref="Epoch"/> will be after it.</summary>
    /// <remarks>Counts lines and makes no batch. Packed lines are counted in the run's own epochs, or, where it has no such limit, in the first <see cref="EpochsPacked"/>.</remarks>
    internal IEnumerable<double> StepEnds()
    {
        var known = Math.Max(EpochsPacked, (int)Math.Min(int.MaxValue, Math.Ceiling(_settings.Epochs ?? 0)));
        int Lines(int epoch) => _steps.Lines(Math.Min(epoch, known));
        var (epoch, line, taken) = (0, 0L, 0L);
        for (var count = _steps.Next(line, Lines(epoch), taken); count > 0; count = _steps.Next(line, Lines(epoch), taken))
        {
            (line, taken) = (line + count, taken + count);
            for (int lines; line >= (lines = Lines(epoch)); epoch++) line -= lines;
            yield return epoch + line / (double)Lines(epoch);
        }
    }

    /// <summary>The micro-batch of most places (padding counted) among the first steps of the run. <see cref="Position"/> stays.</summary>
    /// <param name="steps">How many steps to look at.</param>
    public MicroBatch Largest(int steps)
    {
        var ahead = new Batcher(_rows, _settings);
        var (most, largest) = (-1L, Array.Empty<(int[] Rows, int Epoch)>());
        for (var step = 0; step < steps && ahead.TakeStep() is { Count: > 0 } lines; step++)
        {
            foreach (var chunk in lines.Chunk(_settings.BatchSize))
            {
                var places = chunk.Length * (long)chunk.Max(line => line.Rows.Sum(row => _rows[row].Length));
                if (places > most) (most, largest) = (places, chunk);
            }
        }

        return Lay(largest);
    }

    private MicroBatch Lay((int[] Rows, int Epoch)[] lines) => MicroBatch.Of(_rows, Array.ConvertAll(lines, line => line.Rows), _settings.PackTo is not null) with
    {
        RowEpochs = [.. lines.SelectMany(line => line.Rows.Select(_ => line.Epoch))],
    };

    private List<(int[] Rows, int Epoch)> TakeStep()
    {
        var count = _steps.Next(Position.Line, _steps.Lines(Position.Epoch), Position.Taken);
        var lines = new List<(int[], int)>(count);
        for (var i = 0; i < count; i++) lines.Add(Take());
        return lines;
    }

    private (int[] Rows, int Epoch) Take()
    {
        var (epoch, line, taken) = Position;
        var plan = _lines.Of(epoch);
        Position = line + 1 < _steps.Lines(epoch) ? new BatchPosition(epoch, line + 1, taken + 1) : new BatchPosition(epoch + 1, 0, taken + 1);
        return (plan[line], epoch);
    }
}
