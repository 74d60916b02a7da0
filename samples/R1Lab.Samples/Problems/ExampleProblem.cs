namespace R1Lab.Samples.Problems;

public enum Language
{
    Chinese,
    English,
}

/// <summary>One problem with its worked-out solution.</summary>
/// <param name="Kind">Which kind of problem, for scores by kind: "sum", "story difference", "change from a purchase".</param>
/// <param name="Key">The calculation behind the words, for example <c>a+b*c:12,3,5</c>. Two problems with one key are the same problem in other clothes,
/// so splits are kept apart by it.</param>
/// <param name="IsTableFact">A single lookup (7×8, 15-8): too few exist to hold some back.</param>
public sealed record ExampleProblem(string Kind, Language Language, string Key, bool IsTableFact, string Prompt, string Thought, string Answer)
{
    /// <summary>What the model should write: the thought between its marks, then the short answer.</summary>
    public string Response => $"<think>\n{Thought}\n</think>\n\n{Answer}";
}
