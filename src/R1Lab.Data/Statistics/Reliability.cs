namespace R1Lab.Data.Statistics;

public static class Reliability
{
    /// <summary>
    /// Reliability of the mean of <paramref name="raters"/> scores when that of one is <paramref name="single"/> (Spearman and Brown 1910).
    /// One score that agrees no better than chance gives a mean that does not either.
    /// </summary>
    public static double OfMean(double single, double raters) => single <= 0 ? 0 : raters * single / (1 + ((raters - 1) * single));
}
