namespace R1Lab.Data.Studies;

/// <summary>
/// The question a study is made for: whether <paramref name="Second"/> is scored higher than <paramref name="First"/> on one criterion.
/// It is chosen before the first rating, so that no one can pick the comparison that happened to come out well.
/// </summary>
public sealed record PrimaryComparison(string Criterion, string First, string Second)
{
    /// <summary>Whether a comparison is this one, either way round.</summary>
    public bool Is(string criterion, string first, string second) =>
        criterion == Criterion && ((first == First && second == Second) || (first == Second && second == First));
}
