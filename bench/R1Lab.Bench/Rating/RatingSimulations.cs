using R1Lab.Data.Studies;

namespace R1Lab.Bench.Rating;

/// <summary>How often an interval held the truth. Studies without an interval are left out of <paramref name="Share"/> and stated.</summary>
internal sealed record Coverage(double Share, double WithoutInterval);

/// <summary>How often a study without any difference shows one: in words, by an interval beside zero, by a corrected p below 0.05.</summary>
internal sealed record FalseClaims(double Words, double Intervals, double PValues, double Anything);

/// <summary>The simulations behind what the results of a study claim. Each follows from its seed.</summary>
internal static class RatingSimulations
{
    /// <summary>Of the 95 % interval of the difference of two models, and of the mean of the first.</summary>
    public static (Coverage Difference, Coverage Mean) Intervals(RatingWorld world, int prompts, int studies, int seed)
    {
        var random = new Random(seed);
        var study = new SimulatedStudy(world, prompts) { Primary = new PrimaryComparison("c0", SimulatedStudy.Model(0), SimulatedStudy.Model(1)) };
        var (difference, mean) = (new Tally(world.TrueMean(1) - world.TrueMean(0)), new Tally(world.TrueMean(0)));
        for (var index = 0; index < studies; index++)
        {
            var results = study.Results(random);
            difference.Add(results.Primary!.Low, results.Primary.High);
            mean.Add(results.ByCriterion[0].Low, results.ByCriterion[0].High);
        }

        return (difference.Coverage, mean.Coverage);
    }

    /// <summary>Of alpha's 95 % interval; the truth is alpha of a study so large that its own interval is narrow.</summary>
    public static Coverage Alpha(RatingWorld world, int prompts, int studies, int seed)
    {
        const int large = 4000;
        var random = new Random(seed);
        var tally = new Tally(new SimulatedStudy(world, large).Results(random).Agreement[0].Alpha!.Value);
        var study = new SimulatedStudy(world, prompts);
        for (var index = 0; index < studies; index++)
        {
            var agreement = study.Results(random).Agreement[0];
            tally.Add(agreement.Low, agreement.High);
        }

        return tally.Coverage;
    }

    /// <summary>Two equal models; a rater two points stricter than the others cannot judge the second half of the time.</summary>
    public static FalseClaims CannotJudge(int prompts, int studies, int seed)
    {
        var world = new RatingWorld(3.5, [0, 0], [0, 0, -2]);
        var study = new SimulatedStudy(world, prompts) { CannotJudge = (model, rater, random) => model == 1 && rater == 2 && random.Next(2) == 0 };
        return Count(study, studies, seed);
    }

    /// <summary>Three equal models on five criteria.</summary>
    public static FalseClaims ManyComparisons(int prompts, int studies, int seed, bool primary)
    {
        var study = new SimulatedStudy(RatingWorld.Symmetric(0, 0, 0), prompts, criteria: 5)
        {
            Primary = primary ? new PrimaryComparison("c0", SimulatedStudy.Model(0), SimulatedStudy.Model(1)) : null,
        };
        return Count(study, studies, seed);
    }

    private static FalseClaims Count(SimulatedStudy study, int studies, int seed)
    {
        var random = new Random(seed);
        var (words, intervals, values, anything) = (0, 0, 0, 0);
        for (var index = 0; index < studies; index++)
        {
            var results = study.Results(random);
            var (word, interval, value) = (results.Comparisons.Any(one => one.IsClaim), results.Comparisons.Any(one => one.Low > 0 || one.High < 0),
                results.Comparisons.Any(one => one.HolmP < 0.05));
            if (word) words++;
            if (interval) intervals++;
            if (value) values++;
            if (word || interval || value) anything++;
        }

        return new FalseClaims((double)words / studies, (double)intervals / studies, (double)values / studies, (double)anything / studies);
    }

    private sealed class Tally(double truth)
    {
        private int _held;
        private int _given;
        private int _asked;

        public Coverage Coverage => new(_given == 0 ? double.NaN : (double)_held / _given, 1 - ((double)_given / _asked));

        public void Add(double? low, double? high)
        {
            _asked++;
            if (low is null) return;
            _given++;
            if (low <= truth && truth <= high) _held++;
        }
    }
}
