namespace R1Lab.Data.Statistics;

public static class NormalDistribution
{
    // Where the power series begins to lose digits and the continued fraction has become fast.
    private const double SeriesLimit = 2.5;

    /// <summary>The chance of a standard normal value at least as far from zero as <paramref name="z"/>, on either side.</summary>
    public static double TwoSided(double z) => ComplementaryError(Math.Abs(z) / Math.Sqrt(2));

    private static double ComplementaryError(double x) => x < SeriesLimit ? 1 - Series(x) : Fraction(x);

    /// <summary>erf(x) = 2/sqrt(pi) * exp(-x^2) * sum of 2^n x^(2n+1) / (2n+1)!!.</summary>
    private static double Series(double x)
    {
        var (term, sum) = (x, x);
        for (var n = 1; term > sum * 1e-17; n++)
        {
            term *= 2 * x * x / ((2 * n) + 1);
            sum += term;
        }

        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }

    /// <summary>erfc(x) = exp(-x^2)/sqrt(pi) * 1/(x + (1/2)/(x + 1/(x + (3/2)/(x + ...)))), from the inside out.</summary>
    private static double Fraction(double x)
    {
        const int depth = 100;
        var tail = x;
        for (var level = depth; level > 0; level--) tail = x + (level / 2.0 / tail);
        return Math.Exp(-x * x) / Math.Sqrt(Math.PI) / tail;
    }
}
