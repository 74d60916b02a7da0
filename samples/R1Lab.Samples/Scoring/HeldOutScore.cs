namespace R1Lab.Samples.Scoring;

/// <summary>What a model answered to one held-out problem.</summary>
/// <param name="Thought">Text before <c>&lt;/think&gt;</c>.</param>
/// <param name="Answer">Text after it, trimmed; empty when the thought was never closed.</param>
/// <param name="StoppedByItself">False when it was cut at the length limit.</param>
public sealed record ScoredAnswer(string Kind, string Prompt, string Expected, string Thought, string Answer, bool StoppedByItself)
{
    public bool IsRight => StoppedByItself && Answer == Expected;

    /// <summary>Thinks, closes the thought, answers, stops.</summary>
    public bool HasRightForm => StoppedByItself && Thought.Length > 0 && Answer.Length > 0;
}

/// <summary>Exact match of the short answer over a set of problems.</summary>
public sealed record HeldOutScore(IReadOnlyList<ScoredAnswer> Answers, TimeSpan Elapsed)
{
    public double ExactMatchPercent => 100.0 * Answers.Count(answer => answer.IsRight) / Answers.Count;

    public double RightFormPercent => 100.0 * Answers.Count(answer => answer.HasRightForm) / Answers.Count;

    /// <summary>The wrong ones, to see why.</summary>
    public string ToMisses() => string.Join('\n', Answers.Where(answer => !answer.IsRight)
        .Select(answer => $"{answer.Prompt}\n  {answer.Thought.Replace('\n', ';')} => {answer.Answer} (expected {answer.Expected})"));

    public string ToTable()
    {
        var lines = Answers.GroupBy(answer => answer.Kind).OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => $"| {group.Key} | {group.Count(answer => answer.IsRight)} / {group.Count()} |");
        return $"| kind | right |\n|---|--:|\n{string.Join('\n', lines)}\n| **all** | **{ExactMatchPercent:F1} %** (right form {RightFormPercent:F1} %) |";
    }
}
