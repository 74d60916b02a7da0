namespace R1Lab.Bench.Rating;

/// <summary>
/// A world in which the true means are known: a score is a latent value, rounded to 1 to 5, that sums a model, a rater, the prompt, the model
/// on that prompt and noise, the last three normal. Its numbers come from here and not from the program's own statistics.
/// </summary>
internal sealed record RatingWorld(double Centre, IReadOnlyList<double> Models, IReadOnlyList<double> Raters)
{
    public const int Lowest = 1;
    public const int Highest = 5;

    public double PromptSpread { get; init; } = 0.6;

    public double ModelPromptSpread { get; init; } = 0.4;

    public double Noise { get; init; } = 0.6;

    /// <summary>Mean about 3, all points of the scale in use.</summary>
    public static RatingWorld Symmetric(params double[] models) => new(3, models, [-0.3, 0, 0.3]);

    /// <summary>Mean about 4.8: most scores are 5.</summary>
    public static RatingWorld Ceiling(params double[] models) => new(5.35, models, [-0.3, 0, 0.3]);

    /// <summary>The mean score of a model by these raters over all prompts there could be.</summary>
    public double TrueMean(int model) => Raters.Average(rater =>
    {
        var spread = Math.Sqrt((PromptSpread * PromptSpread) + (ModelPromptSpread * ModelPromptSpread) + (Noise * Noise));
        return Lowest + Enumerable.Range(Lowest, Highest - Lowest).Sum(point => Below((Centre + Models[model] + rater - (point + 0.5)) / spread));
    });

    /// <summary>Scores of one prompt by model and rater.</summary>
    public int[,] Draw(Random random)
    {
        var scores = new int[Models.Count, Raters.Count];
        var prompt = Centre + (PromptSpread * Normal(random));
        for (var model = 0; model < Models.Count; model++)
        {
            var answer = prompt + Models[model] + (ModelPromptSpread * Normal(random));
            for (var rater = 0; rater < Raters.Count; rater++)
                scores[model, rater] = (int)Math.Clamp(Math.Floor(answer + Raters[rater] + (Noise * Normal(random)) + 0.5), Lowest, Highest);
        }

        return scores;
    }

    /// <summary>Box and Muller's standard normal value.</summary>
    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());

    /// <summary>The chance of a standard normal value below <paramref name="z"/>, by Simpson's rule over the density.</summary>
    private static double Below(double z)
    {
        const int steps = 400;
        var (limit, sum) = (Math.Clamp(z, -9, 9), 0.0);
        for (var step = 0; step <= steps; step++)
        {
            var weight = step is 0 or steps ? 1 : step % 2 == 1 ? 4 : 2;
            var x = limit * step / steps;
            sum += weight * Math.Exp(-x * x / 2);
        }

        return 0.5 + (sum * limit / steps / 3 / Math.Sqrt(2 * Math.PI));
    }
}
