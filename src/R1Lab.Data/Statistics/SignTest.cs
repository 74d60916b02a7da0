namespace R1Lab.Data.Statistics;

/// <summary>The exact two-sided sign test: how likely wins and losses are so uneven when both are equally likely.</summary>
public static class SignTest
{
    /// <summary>Null when there is neither. Ties are not counted.</summary>
    public static double? P(int wins, int losses)
    {
        var count = wins + losses;
        if (count == 0) return null;
        // Terms of the binomial distribution in logarithms: 2^-count leaves the range of a double for large counts.
        var (log, sum) = (-count * Math.Log(2), 0.0);
        for (var index = 0; index <= Math.Min(wins, losses); index++)
        {
            sum += Math.Exp(log);
            log += Math.Log((double)(count - index) / (index + 1));
        }

        return Math.Min(1, 2 * sum);
    }
}
