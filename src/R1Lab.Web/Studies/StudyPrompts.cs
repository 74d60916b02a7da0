using R1Lab.Data.Datasets;

namespace R1Lab.Web.Studies;

/// <summary>Which prompts of a dataset a study takes.</summary>
public enum PromptChoice { First, Random }

/// <summary>Where a study's prompts come from: typed, or taken from a dataset.</summary>
public static class StudyPrompts
{
    /// <summary>One a line; empty lines and repetitions are left out.</summary>
    public static IReadOnlyList<string> FromText(string? text) =>
        [.. (text ?? "").Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Distinct(StringComparer.Ordinal)];

    /// <summary>Different prompts of a dataset, of a conversation what it begins with: the first <paramref name="count"/>, or with a seed that many at random.</summary>
    public static async Task<IReadOnlyList<string>> FromDatasetAsync(
        DatasetStore datasets, int datasetId, int count, int? seed, CancellationToken cancellation = default)
    {
        var prompts = new List<string>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var row in datasets.ReadAllAsync(datasetId, cancellation))
        {
            if (row.Kind == RowKinds.Conversation && ConversationPrompts.Of(row.Content) is [{ Length: > 0 } first, ..] && seen.Add(first)) prompts.Add(first);
            if (seed is null && prompts.Count >= count) break;
        }

        if (seed is null) return prompts;
        var shuffled = prompts.ToArray();
        new Random(seed.Value).Shuffle(shuffled);
        return [.. shuffled.Take(count)];
    }
}
