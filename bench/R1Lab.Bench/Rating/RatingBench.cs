using System.Globalization;
using System.Text.Json.Nodes;

namespace R1Lab.Bench.Rating;

/// <summary>Whether the results of rating studies hold what they say, on studies whose truth is known.</summary>
internal static class RatingBench
{
    private const int Seed = 20261128;
    private static readonly int[] Prompts = [5, 10, 20, 40, 100];

    public static int Run(CommandOptions options)
    {
        var studies = options.Number("--studies", 2000);
        var (coverage, alpha, claims) = (new JsonArray(), new JsonArray(), new JsonArray());
        foreach (var (name, world) in Worlds())
        {
            foreach (var prompts in Prompts)
            {
                var (difference, mean) = RatingSimulations.Intervals(world, prompts, studies, Seed + prompts);
                Add(coverage, name, "difference", prompts, difference);
                Add(coverage, name, "mean", prompts, mean);
            }
        }

        foreach (var prompts in Prompts) Add(alpha, "symmetric", "alpha", prompts, RatingSimulations.Alpha(RatingWorld.Symmetric(0, 0), prompts, studies, Seed + prompts));
        foreach (var prompts in Prompts)
        {
            Add(claims, "cannot judge", prompts, RatingSimulations.CannotJudge(prompts, studies, Seed + prompts));
            Add(claims, "5 criteria x 3 models, a primary", prompts, RatingSimulations.ManyComparisons(prompts, studies, Seed + prompts, primary: true));
            Add(claims, "5 criteria x 3 models, none", prompts, RatingSimulations.ManyComparisons(prompts, studies, Seed + prompts, primary: false));
        }

        if (options.Text("--json") is { } file)
        {
            var report = new JsonObject { ["studies"] = studies, ["seed"] = Seed, ["coverage"] = coverage, ["alpha"] = alpha, ["false_claims"] = claims };
            File.WriteAllText(file, $"{report.ToJsonString(MeasuredRun.Json)}\n");
        }

        return 0;
    }

    private static IEnumerable<(string Name, RatingWorld World)> Worlds() =>
    [
        ("symmetric, equal models", RatingWorld.Symmetric(0, 0)),
        ("symmetric, second 0.4 lower", RatingWorld.Symmetric(0, -0.4)),
        ("ceiling, equal models", RatingWorld.Ceiling(0, 0)),
        ("ceiling, second 0.4 lower", RatingWorld.Ceiling(0, -0.4)),
    ];

    private static void Add(JsonArray rows, string data, string quantity, int prompts, Coverage coverage)
    {
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{data,-32} {quantity,-12} n {prompts,4}  held {coverage.Share,7:P1}  without an interval {coverage.WithoutInterval,7:P1}"));
        rows.Add(new JsonObject
        {
            ["data"] = data,
            ["quantity"] = quantity,
            ["prompts"] = prompts,
            ["coverage"] = Math.Round(coverage.Share, 4),
            ["without_interval"] = Math.Round(coverage.WithoutInterval, 4),
        });
    }

    private static void Add(JsonArray rows, string data, int prompts, FalseClaims claims)
    {
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{data,-32} n {prompts,4}  words {claims.Words,6:P1}  intervals {claims.Intervals,6:P1}  p {claims.PValues,6:P1}  anything {claims.Anything,6:P1}"));
        rows.Add(new JsonObject
        {
            ["data"] = data,
            ["prompts"] = prompts,
            ["words"] = Math.Round(claims.Words, 4),
            ["intervals"] = Math.Round(claims.Intervals, 4),
            ["p_values"] = Math.Round(claims.PValues, 4),
            ["anything"] = Math.Round(claims.Anything, 4),
        });
    }
}
