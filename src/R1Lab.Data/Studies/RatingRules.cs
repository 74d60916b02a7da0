namespace R1Lab.Data.Studies;

/// <summary>What a submission must be before it is stored.</summary>
public static class RatingRules
{
    public const int Lowest = 1;

    public const int Highest = 5;

    /// <summary>Characters of a comment.</summary>
    public const int LongestComment = 4000;

    /// <summary>Characters of what a rater writes beside the reason of a skip.</summary>
    public const int LongestNote = 500;

    /// <summary>Checks a form before it is stored: all of it for a submission, what is there for a draft or a skip.</summary>
    /// <exception cref="InvalidRatingException">The first thing that is wrong.</exception>
    public static void CheckForm(RatingEntry entry, IReadOnlyList<Criterion> criteria, int slots)
    {
        if (entry.Form.Comment is { Length: > LongestComment })
            throw new InvalidRatingException(null, null, $"The comment is longer than {LongestComment} characters.", "comment");
        if (entry.SkipNote is { Length: > LongestNote })
            throw new InvalidRatingException(null, null, $"The note is longer than {LongestNote} characters.", "skip_note");
        if (entry.Intent == EntryIntent.Skip && entry.SkipReason is null)
            throw new InvalidRatingException(null, null, "A skip needs a reason.", "skip_reason");
        if (entry.Intent == EntryIntent.Submit) Check(entry.Form.Scores, criteria, slots);
        else CheckGiven(entry.Form.Scores, criteria, slots);
    }

    /// <summary>Whether two forms say the same, in whatever order their scores stand.</summary>
    public static bool Same(RatingDraft left, RatingDraft right) =>
        left.Comment == right.Comment && left.Scores.Count == right.Scores.Count && left.Scores.ToHashSet().SetEquals(right.Scores);

    /// <exception cref="InvalidRatingException">The first thing that is wrong.</exception>
    public static void Check(IReadOnlyList<SlotScore> scores, IReadOnlyList<Criterion> criteria, int slots)
    {
        CheckGiven(scores, criteria, slots);
        foreach (var missing in Missing(scores, criteria, slots)) throw Wrong(missing, "it is not scored yet");
    }

    private static void CheckGiven(IReadOnlyList<SlotScore> scores, IReadOnlyList<Criterion> criteria, int slots)
    {
        var byKey = criteria.ToDictionary(criterion => criterion.Key);
        var seen = new HashSet<(int, string)>();
        foreach (var score in scores)
        {
            if (score.Slot < 0 || score.Slot >= slots) throw Wrong(score, $"there is no answer {score.Slot}");
            if (!byKey.TryGetValue(score.Criterion, out var criterion)) throw Wrong(score, "there is no such criterion");
            if (!seen.Add((score.Slot, score.Criterion))) throw Wrong(score, "it is scored twice");
            CheckValue(score, criterion);
        }
    }

    /// <summary>The required scores that are not there yet, in the order of the form.</summary>
    public static IEnumerable<SlotScore> Missing(IReadOnlyList<SlotScore> scores, IReadOnlyList<Criterion> criteria, int slots)
    {
        var given = scores.Where(score => score.Value is not null || score.IsNotApplicable)
            .Select(score => (score.Slot, score.Criterion)).ToHashSet();
        return from slot in Enumerable.Range(0, slots)
               from criterion in criteria
               where criterion.Required && !given.Contains((slot, criterion.Key))
               select new SlotScore(slot, criterion.Key, null);
    }

    private static void CheckValue(SlotScore score, Criterion criterion)
    {
        if (score.Value is < Lowest or > Highest) throw Wrong(score, $"{score.Value} is not on the scale of {Lowest} to {Highest}");
        if (score.Value is not null && score.IsNotApplicable) throw Wrong(score, "it has both a score and \"cannot judge\"");
        if (score.IsNotApplicable && !criterion.AllowNotApplicable) throw Wrong(score, "\"cannot judge\" is not offered here");
    }

    private static InvalidRatingException Wrong(SlotScore score, string reason) =>
        new(score.Slot, score.Criterion, $"Answer {SlotLabel.Text(Math.Max(score.Slot, 0), "en")}, {score.Criterion}: {reason}.");
}
