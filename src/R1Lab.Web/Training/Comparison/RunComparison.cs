namespace R1Lab.Web.Training;

/// <summary>Which runs are looked at side by side: the address of the page is all there is to keep.</summary>
public static class RunComparison
{
    /// <summary>More curves in one chart cannot be told apart.</summary>
    public const int Most = 6;

    public static string Address(IEnumerable<int> runs) => $"/compare?runs={string.Join(',', runs)}";

    /// <summary>The numbers in an address, in their order, each once; what is no number is left out.</summary>
    public static IReadOnlyList<int> Read(string? runs) =>
        [.. (runs ?? "").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(part => int.TryParse(part, out var id) && id > 0 ? id : 0).Where(id => id > 0).Distinct().Take(Most)];
}
