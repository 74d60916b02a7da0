namespace R1Lab.Data.Statistics;

public enum MeasurementLevel
{
    Nominal,
    Ordinal,
    Interval,
    Ratio,
}

/// <summary>Alpha with its 95 % interval, null where there is none.</summary>
public sealed record AlphaEstimate(double Alpha, double? Low, double? High);

/// <summary>Krippendorff's alpha for any number of raters, missing values allowed (Krippendorff, Content Analysis, ch. 12).</summary>
public static class KrippendorffAlpha
{
    /// <summary>
    /// <paramref name="units"/> holds for each unit the values it got; units with fewer than two are left out. Null when nothing can be
    /// compared, or when all values are equal so that chance disagreement is zero.
    /// </summary>
    public static double? Compute(IReadOnlyList<IReadOnlyList<double>> units, MeasurementLevel level)
    {
        var values = Values(units);
        return Alpha(Coincidences(units, values), values, level);
    }

    /// <summary>
    /// Alpha with a 95 % interval. <paramref name="prompts"/> holds the units of each prompt: answers to one prompt are not independent, so
    /// one prompt at a time is left out (jackknife), and the t distribution has as many degrees of freedom as there are prompts, less one.
    /// No interval below <see cref="MeanInterval.FewestValues"/> prompts or where leaving one out leaves nothing to compare.
    /// </summary>
    public static AlphaEstimate? Estimate(IReadOnlyList<IReadOnlyList<IReadOnlyList<double>>> prompts, MeasurementLevel level)
    {
        var values = Values([.. prompts.SelectMany(units => units)]);
        var each = prompts.Select(units => Coincidences(units, values)).Where(one => one.Cast<double>().Any(count => count > 0)).ToList();
        var all = new double[values.Length, values.Length];
        foreach (var one in each) Add(all, one, 1);
        if (Alpha(all, values, level) is not { } alpha) return null;
        var without = each.Select(one =>
        {
            var rest = (double[,])all.Clone();
            Add(rest, one, -1);
            return Alpha(rest, values, level);
        }).ToList();
        if (each.Count < MeanInterval.FewestValues || without.Any(one => one is null)) return new AlphaEstimate(alpha, null, null);
        var centre = without.Average()!.Value;
        var error = Math.Sqrt((each.Count - 1.0) / each.Count * without.Sum(one => (one!.Value - centre) * (one.Value - centre)));
        if (error < 1e-9) return new AlphaEstimate(alpha, null, null);
        var half = StudentT.Quantile(0.95, each.Count - 1) * error;
        return new AlphaEstimate(alpha, Math.Max(-1, alpha - half), Math.Min(1, alpha + half));
    }

    private static double[] Values(IReadOnlyList<IReadOnlyList<double>> units) =>
        [.. units.Where(unit => unit.Count > 1).SelectMany(unit => unit).Distinct().Order()];

    private static double? Alpha(double[,] coincidences, double[] values, MeasurementLevel level)
    {
        double[] totals = [.. Enumerable.Range(0, values.Length).Select(row => Enumerable.Range(0, values.Length).Sum(column => coincidences[row, column]))];
        var (observed, expected) = (0.0, 0.0);
        for (var row = 0; row < values.Length; row++)
        {
            for (var column = 0; column < values.Length; column++)
            {
                var distance = SquaredDistance(level, values, totals, row, column);
                observed += coincidences[row, column] * distance;
                expected += totals[row] * totals[column] * distance;
            }
        }

        // Below that it is what is left of zero after subtracting counts.
        return expected < 1e-9 ? null : 1 - ((totals.Sum() - 1) * observed / expected);
    }

    private static double[,] Coincidences(IReadOnlyList<IReadOnlyList<double>> units, double[] values)
    {
        var coincidences = new double[values.Length, values.Length];
        foreach (var unit in units.Where(unit => unit.Count > 1))
        {
            int[] counts = [.. values.Select(value => unit.Count(one => one == value))];
            for (var row = 0; row < values.Length; row++)
            {
                for (var column = 0; column < values.Length; column++)
                {
                    var pairs = counts[row] * (counts[column] - (row == column ? 1 : 0));
                    coincidences[row, column] += pairs / (unit.Count - 1.0);
                }
            }
        }

        return coincidences;
    }

    private static void Add(double[,] sum, double[,] one, int sign)
    {
        for (var row = 0; row < sum.GetLength(0); row++)
        {
            for (var column = 0; column < sum.GetLength(1); column++) sum[row, column] += sign * one[row, column];
        }
    }

    private static double SquaredDistance(MeasurementLevel level, double[] values, double[] totals, int row, int column)
    {
        if (row == column) return 0;
        var (left, right) = (values[row], values[column]);
        return level switch
        {
            MeasurementLevel.Nominal => 1,
            MeasurementLevel.Ordinal => Square(OrdinalDistance(totals, Math.Min(row, column), Math.Max(row, column))),
            MeasurementLevel.Interval => Square(left - right),
            MeasurementLevel.Ratio => Square((left - right) / (left + right)),
            _ => throw new ArgumentOutOfRangeException(nameof(level)),
        };
    }

    private static double OrdinalDistance(double[] totals, int low, int high) =>
        totals[low..(high + 1)].Sum() - ((totals[low] + totals[high]) / 2);

    private static double Square(double number) => number * number;
}
