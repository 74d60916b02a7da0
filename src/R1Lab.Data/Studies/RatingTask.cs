namespace R1Lab.Data.Studies;

/// <summary>
/// What a rater sees of an assignment: answers by slot in this rater's own order. It holds no model name, no fingerprint and no response
/// id, since ids given in the order of models would give them away.
/// </summary>
public sealed record RatingTask(
    int AssignmentId,
    int StudyId,
    string StudyName,
    string? Language,
    string GuidelinesMarkdown,
    string Prompt,
    IReadOnlyList<BlindAnswer> Answers,
    IReadOnlyList<Criterion> Criteria,
    AssignmentState State,
    RatingDraft Draft,
    RaterProgress Progress);

/// <summary>One answer without its origin; <paramref name="Slot"/> counts from 0 (see <see cref="SlotLabel"/>).</summary>
public sealed record BlindAnswer(int Slot, string Text, string? Reasoning);

/// <summary>The score of one slot on one criterion: 1 to 5, or null with <paramref name="IsNotApplicable"/> for "cannot judge".</summary>
public sealed record SlotScore(int Slot, string Criterion, int? Value, bool IsNotApplicable = false);

/// <summary>What a rater has entered so far (or submitted, when the task is opened again).</summary>
public sealed record RatingDraft(IReadOnlyList<SlotScore> Scores, string? Comment = null)
{
    public static RatingDraft Empty { get; } = new([]);
}

/// <summary><paramref name="Remaining"/> counts items this rater can still be given now, the one in hand included.</summary>
public sealed record RaterProgress(int Submitted, int Remaining);

/// <summary>An open study as its rater sees it.</summary>
public sealed record RaterStudy(int StudyId, string Name, string? Language, RaterProgress Progress);

/// <summary>A submission of the rater's own, to open again.</summary>
public sealed record RaterSubmission(int AssignmentId, string Prompt, DateTimeOffset SubmittedAt);

/// <summary>Until <paramref name="UndoUntil"/> the submission can be taken back.</summary>
public sealed record SubmitReceipt(int AssignmentId, DateTimeOffset SubmittedAt, DateTimeOffset UndoUntil);

/// <summary>A submission that is not whole or not on the scale; names the slot and the criterion.</summary>
public sealed class InvalidRatingException(int? slot, string? criterion, string reason) : Exception(reason)
{
    public int? Slot { get; } = slot;

    public string? Criterion { get; } = criterion;
}
