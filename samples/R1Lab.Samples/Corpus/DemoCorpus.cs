using R1Lab.Samples.Problems;

namespace R1Lab.Samples.Corpus;

/// <summary>Makes the three splits of the demo corpus from a seed. The same seed gives the same rows, byte for byte.</summary>
public static class DemoCorpus
{
    public const ulong Seed = 20260101;
    public const int FineTuningRows = 2400;
    public const int HeldOutRows = 200;

    // Of a hundred fine-tuning or held-out rows, this many are of the kinds the base was pre-trained on.
    private const int KnownPercent = 40;

    /// <summary>Basic kinds without end: rows repeat here, as they should in pre-training.</summary>
    /// <param name="chainPercent">Share of expressions with two operations; they train carrying a result on to the next step.</param>
    public static IEnumerable<ExampleProblem> PreTraining(ulong seed = Seed, int chainPercent = 13)
    {
        var random = new SeededRandom(seed);
        while (true)
        {
            var problem = Basic(random, chainPercent);
            if (SplitRule.Of(problem) == Split.PreTraining) yield return problem;
        }
    }

    public static IReadOnlyList<ExampleProblem> FineTuning(ulong seed = Seed) => Mixed(Split.FineTuning, FineTuningRows, seed + 1);

    public static IReadOnlyList<ExampleProblem> HeldOut(ulong seed = Seed) => Mixed(Split.HeldOut, HeldOutRows, seed + 2);

    // Every composed kind gets the same number of rows in both languages; a problem stands once.
    private static List<ExampleProblem> Mixed(Split split, int count, ulong seed)
    {
        var random = new SeededRandom(seed);
        var rows = new List<ExampleProblem>(count);
        var keys = new HashSet<string>(StringComparer.Ordinal);
        while (rows.Count < count)
        {
            var turn = rows.Count;
            var language = turn % 2 == 0 ? Language.Chinese : Language.English;
            var known = turn / 2 % 100 * KnownPercent % 100 < KnownPercent;
            var kind = known
                ? ProblemKind.Pick(random.Chance(50) ? BasicKinds.Stories : random.Chance(70) ? BasicKinds.Expressions : BasicKinds.Chains, random)
                : random.Pick(ComposedKinds.All);
            var problem = kind.Create(language, random);
            if (SplitRule.Of(problem) == split && keys.Add(problem.Key)) rows.Add(problem);
        }

        random.Shuffle(rows);
        return rows;
    }

    private static ExampleProblem Basic(SeededRandom random, int chainPercent)
    {
        var smallTalk = random.Chance(2);
        var language = random.Chance(50) ? Language.Chinese : Language.English;
        if (smallTalk) return SmallTalk.Create(language, random);
        var part = random.Between(0, 99);
        return ProblemKind.Pick(part >= 58 ? BasicKinds.Stories : part < 58 - chainPercent ? BasicKinds.Expressions : BasicKinds.Chains, random).Create(language, random);
    }
}
