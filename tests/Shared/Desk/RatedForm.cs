using System.Globalization;

namespace R1Lab.Tests.Shared.Desk;

/// <summary>What was typed for one question, or is stored of it: scores by answer and criterion (null is "cannot judge") and the comment.</summary>
internal sealed record RatedForm(string Prompt, IReadOnlyDictionary<string, int?> Scores, string? Comment)
{
    /// <summary>Scores and the comment each count as a field.</summary>
    public int Fields => Scores.Count + 1;

    /// <summary>Fields of this form that are missing or different there, and fields that are there only.</summary>
    public IEnumerable<string> Differences(RatedForm? stored)
    {
        if (stored is null) return [$"{Prompt}: nothing is stored ({Fields} fields)"];
        var scores = Scores.Keys.Union(stored.Scores.Keys).Where(key => !Holds(key) || !stored.Holds(key) || Scores[key] != stored.Scores[key])
            .Select(key => $"{Prompt} {key}: typed {Show(key)}, stored {stored.Show(key)}");
        return Comment == stored.Comment ? scores : scores.Append($"{Prompt} comment: typed \"{Comment}\", stored \"{stored.Comment}\"");
    }

    private bool Holds(string key) => Scores.ContainsKey(key);

    private string Show(string key) => Scores.TryGetValue(key, out var value) ? value?.ToString(CultureInfo.InvariantCulture) ?? "cannot judge" : "nothing";
}
