namespace R1Lab.Engine.Training;

/// <summary>
/// The smoothing people know from TensorBoard and Weights &amp; Biases: an exponential moving average whose start is not pulled towards zero
/// (<c>s = w·s + (1−w)·x; y = s / (1 − wⁿ)</c>).
/// </summary>
/// <param name="weight">0 shows the values as they are; close to 1 shows the trend only.</param>
public sealed class DebiasedAverage(double weight)
{
    private readonly double _weight = Math.Clamp(weight, 0, 0.999);
    private double _sum;
    private double _forgotten = 1;

    public double Next(double value)
    {
        _sum = (_weight * _sum) + ((1 - _weight) * value);
        _forgotten *= _weight;
        return _sum / (1 - _forgotten);
    }

    public static IReadOnlyList<double> Of(IEnumerable<double> values, double weight)
    {
        var average = new DebiasedAverage(weight);
        return [.. values.Select(average.Next)];
    }
}
