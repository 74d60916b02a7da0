namespace R1Lab.Data.Statistics;

/// <summary>A mean with a 95 % interval.</summary>
public sealed record MeanInterval(int Count, double Mean, double Low, double High);

public static class Means
{
    /// <summary>
    /// The mean over all values, with a percentile bootstrap that draws whole clusters (all scores of a prompt together): several raters on
    /// one prompt are not independent, and drawing single scores would give intervals that are too narrow. Null without values.
    /// </summary>
    public static MeanInterval? Bootstrap(IReadOnlyList<IReadOnlyList<double>> clusters, int rounds, int seed)
    {
        var sums = clusters.Where(cluster => cluster.Count > 0).Select(cluster => (Sum: cluster.Sum(), cluster.Count)).ToArray();
        if (sums.Length == 0) return null;
        var random = new Random(seed);
        var means = new double[rounds];
        for (var round = 0; round < rounds; round++) means[round] = Resample(sums, random);
        Array.Sort(means);
        var count = sums.Sum(cluster => cluster.Count);
        return new MeanInterval(count, sums.Sum(cluster => cluster.Sum) / count, Quantile(means, 0.025), Quantile(means, 0.975));
    }

    /// <summary>Linear interpolation between order statistics (the usual default, type 7).</summary>
    public static double Quantile(IReadOnlyList<double> sorted, double share)
    {
        var position = share * (sorted.Count - 1);
        var below = (int)Math.Floor(position);
        var above = Math.Min(below + 1, sorted.Count - 1);
        return sorted[below] + ((position - below) * (sorted[above] - sorted[below]));
    }

    private static double Resample((double Sum, int Count)[] clusters, Random random)
    {
        var (sum, count) = (0.0, 0);
        for (var draw = 0; draw < clusters.Length; draw++)
        {
            var cluster = clusters[random.Next(clusters.Length)];
            sum += cluster.Sum;
            count += cluster.Count;
        }

        return sum / count;
    }
}
