namespace R1Lab.Samples.Problems;

/// <summary>A kind of problem: one formula and the ways to put it into words (see <see cref="Wording.Fill"/> for the templates).</summary>
public sealed record ProblemKind(string Name, Formula Formula, string[] Chinese, string[] English)
{
    /// <summary>How often this kind is drawn beside its neighbours.</summary>
    public int Weight { get; init; } = 1;

    /// <summary>One of the kinds, by weight.</summary>
    public static ProblemKind Pick(IReadOnlyList<ProblemKind> kinds, SeededRandom random)
    {
        var ticket = random.Between(1, kinds.Sum(kind => kind.Weight));
        return kinds.First(kind => (ticket -= kind.Weight) <= 0);
    }

    public ExampleProblem Create(Language language, SeededRandom random)
    {
        var numbers = Formula.Draw(random);
        var steps = Formula.Solve(numbers);
        var template = random.Pick(language == Language.Chinese ? Chinese : English);
        var (prompt, answer) = Wording.Fill(template, language, numbers, steps[^1].Result, random);
        var thought = string.Join('\n', steps.Select(step => WrittenCalculation.Write(step, language)));
        return new ExampleProblem(Name, language, Formula.Key(numbers), steps.Length == 1 && steps[0].IsTableFact, prompt, thought, answer);
    }
}
