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
    StoredEntry Entry,
    RaterProgress Progress)
{
    public AssignmentState State => Entry.State;

    public RatingDraft Draft => Entry.Form;
}

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

/// <summary>Something the rater submitted or skipped, to open again. <paramref name="At"/> is when.</summary>
public sealed record RaterSubmission(
    int AssignmentId, int StudyId, string Prompt, AssignmentState State, int Revision, DateTimeOffset At, SkipReason? SkipReason, string? SkipNote);

/// <summary>Until <paramref name="UndoUntil"/> the submission can be taken back.</summary>
public sealed record SubmitReceipt(int AssignmentId, int Revision, DateTimeOffset SubmittedAt, DateTimeOffset UndoUntil);

/// <summary>A form that is not whole, not on the scale or too long; names the slot and the criterion, or the field.</summary>
public sealed class InvalidRatingException(int? slot, string? criterion, string reason, string? field = null) : Exception(reason)
{
    public string? Field { get; } = field;

    public int? Slot { get; } = slot;

    public string? Criterion { get; } = criterion;
}
