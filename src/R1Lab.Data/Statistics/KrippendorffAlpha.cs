namespace R1Lab.Data.Statistics;

public enum MeasurementLevel
{
    Nominal,
    Ordinal,
    Interval,
    Ratio,
}

/// <summary>Krippendorff's alpha for any number of raters, missing values allowed (Krippendorff, Content Analysis, ch. 12).</summary>
public static class KrippendorffAlpha
{
    /// <summary>
    /// <paramref name="units"/> holds for each unit the values it got; units with fewer than two are left out. Null when nothing can be
    /// compared, or when all values are equal so that chance disagreement is zero.
    /// </summary>
    public static double? Compute(IReadOnlyList<IReadOnlyList<double>> units, MeasurementLevel level)
    {
        var paired = units.Where(unit => unit.Count > 1).ToList();
        double[] values = [.. paired.SelectMany(unit => unit).Distinct().Order()];
        var coincidences = Coincidences(paired, values);
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

        return expected == 0 ? null : 1 - ((totals.Sum() - 1) * observed / expected);
    }

    private static double[,] Coincidences(List<IReadOnlyList<double>> units, double[] values)
    {
        var coincidences = new double[values.Length, values.Length];
        foreach (var unit in units)
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
