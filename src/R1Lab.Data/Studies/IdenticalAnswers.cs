namespace R1Lab.Data.Studies;

/// <summary>
/// Answers to a prompt that read the same. Raters see one of them, and its scores count for all: two looks at one text would differ by
/// chance only, and such differences are no knowledge about the models.
/// </summary>
internal static class IdenticalAnswers
{
    /// <summary>Groups of equal answers in the order of the first of each; the reasoning counts where raters see it.</summary>
    public static IReadOnlyList<IReadOnlyList<StudyResponse>> Groups(IEnumerable<StudyResponse> responses, bool withReasoning) =>
        [.. responses.OrderBy(response => response.Position)
            .GroupBy(response => (Plain(response.Text), withReasoning ? Plain(response.Reasoning) : ""))
            .Select(IReadOnlyList<StudyResponse> (group) => [.. group])];

    private static string Plain(string? text) => (text ?? "").ReplaceLineEndings("\n").Trim();
}
