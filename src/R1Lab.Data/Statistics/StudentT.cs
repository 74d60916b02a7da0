namespace R1Lab.Data.Statistics;

/// <summary>Student's t distribution by the regularised incomplete beta function (Numerical Recipes, 6.4).</summary>
public static class StudentT
{
    // Lanczos approximation of the gamma function, g = 7, nine terms: about 15 digits.
    private static readonly double[] Lanczos =
    [
        0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059,
        12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
    ];

    /// <summary>The chance of a value at least as far from zero as <paramref name="t"/>, on either side.</summary>
    public static double TwoSided(double t, int degreesOfFreedom)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(degreesOfFreedom, 1);
        return IncompleteBeta(degreesOfFreedom / 2.0, 0.5, degreesOfFreedom / (degreesOfFreedom + (t * t)));
    }

    /// <summary>How far from zero a value lies with the chance <paramref name="confidence"/> at most, on either side: 2.776 for 0.95 and 4.</summary>
    public static double Quantile(double confidence, int degreesOfFreedom)
    {
        if (confidence is <= 0 or >= 1) throw new ArgumentOutOfRangeException(nameof(confidence), confidence, "A confidence lies between 0 and 1.");
        var (low, high) = (0.0, 1.0);
        while (TwoSided(high, degreesOfFreedom) > 1 - confidence) high *= 2;
        while (high - low > high * 1e-15)
        {
            var middle = (low + high) / 2;
            if (middle <= low || middle >= high) break;
            if (TwoSided(middle, degreesOfFreedom) > 1 - confidence) low = middle;
            else high = middle;
        }

        return (low + high) / 2;
    }

    private static double IncompleteBeta(double a, double b, double x)
    {
        if (x <= 0) return 0;
        if (x >= 1) return 1;
        var front = Math.Exp(LogGamma(a + b) - LogGamma(a) - LogGamma(b) + (a * Math.Log(x)) + (b * Math.Log(1 - x)));
        // The fraction converges fast on one side of the mean only.
        return x < (a + 1) / (a + b + 2) ? front * Fraction(a, b, x) / a : 1 - (front * Fraction(b, a, 1 - x) / b);
    }

    /// <summary>The continued fraction of the incomplete beta function by Lentz's method.</summary>
    private static double Fraction(double a, double b, double x)
    {
        const double tiny = 1e-300;
        var (c, d) = (1.0, 1 / Away(1 - ((a + b) * x / (a + 1))));
        var result = d;
        for (var m = 1; m <= 500; m++)
        {
            var even = m * (b - m) * x / ((a + (2 * m) - 1) * (a + (2 * m)));
            (c, d) = (Away(1 + (even / c)), 1 / Away(1 + (even * d)));
            result *= c * d;
            var odd = -(a + m) * (a + b + m) * x / ((a + (2 * m)) * (a + (2 * m) + 1));
            (c, d) = (Away(1 + (odd / c)), 1 / Away(1 + (odd * d)));
            result *= c * d;
            if (Math.Abs((c * d) - 1) < 1e-16) break;
        }

        return result;

        static double Away(double value) => Math.Abs(value) < tiny ? tiny : value;
    }

    private static double LogGamma(double x)
    {
        if (x < 0.5) return Math.Log(Math.PI / Math.Sin(Math.PI * x)) - LogGamma(1 - x);
        var (shifted, sum) = (x - 1, Lanczos[0]);
        for (var term = 1; term < Lanczos.Length; term++) sum += Lanczos[term] / (shifted + term);
        var tail = shifted + 7.5;
        return (0.5 * Math.Log(2 * Math.PI)) + ((shifted + 0.5) * Math.Log(tail)) - tail + Math.Log(sum);
    }
}
