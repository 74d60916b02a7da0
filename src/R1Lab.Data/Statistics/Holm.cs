namespace R1Lab.Data.Statistics;

/// <summary>Holm's step-down correction of several p values (Holm 1979).</summary>
public static class Holm
{
    /// <summary>In the order given. A test that has no p value takes no part and stays null.</summary>
    public static IReadOnlyList<double?> Correct(IReadOnlyList<double?> values)
    {
        var adjusted = new double?[values.Count];
        var known = Enumerable.Range(0, values.Count).Where(index => values[index] is not null).OrderBy(index => values[index]).ToList();
        var (highest, left) = (0.0, known.Count);
        foreach (var index in known)
        {
            highest = Math.Max(highest, Math.Min(1, values[index]!.Value * left--));
            adjusted[index] = highest;
        }

        return adjusted;
    }
}
