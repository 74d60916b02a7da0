namespace R1Lab.Data.Studies;

/// <summary>
/// Which state of a form was sent: the writing tab, and a number that this tab raises with every change. A later number of the same tab is
/// newer; stamps of two tabs cannot be compared, so one of them has to name the other's stamp to replace it.
/// </summary>
public sealed record EntryStamp(string Client, long Sequence);

public enum EntryIntent
{
    Draft,
    Submit,
    Skip,
}

/// <summary>Why a rater passed an item over.</summary>
public enum SkipReason
{
    /// <summary>It needs knowledge the rater does not have.</summary>
    OutsideMyField,

    /// <summary>An answer or the question is empty, cut or unreadable.</summary>
    Broken,

    /// <summary>The rater does not want to read this.</summary>
    Upsetting,
    Other,
}

/// <summary>
/// A whole form as sent by one tab. <paramref name="Known"/> are the stamps that may be stored when it arrives: the last acknowledged one,
/// and those that earlier loads of the page sent without hearing of them again.
/// </summary>
public sealed record RatingEntry(
    EntryStamp Stamp, IReadOnlyList<EntryStamp> Known, EntryIntent Intent, RatingDraft Form, SkipReason? SkipReason = null, string? SkipNote = null);

public enum EntryOutcome
{
    Stored,

    /// <summary>This very stamp was stored before: its acknowledgement was lost.</summary>
    Replayed,

    /// <summary>A later state of the same tab is stored already.</summary>
    Stale,

    /// <summary>Another tab or device wrote meanwhile; nothing was stored.</summary>
    Conflict,

    /// <summary>The study ended before: the form is kept as a draft and does not count.</summary>
    StudyClosed,
}

/// <summary>What is stored of an assignment. <paramref name="Revision"/> counts its submissions; the newest that was not taken back counts.</summary>
public sealed record StoredEntry(
    int AssignmentId, AssignmentState State, EntryStamp? Stamp, DateTimeOffset? At, int Revision, DateTimeOffset? SubmittedAt, RatingDraft Form)
{
    /// <summary>Until then the submission can be taken back.</summary>
    public DateTimeOffset? UndoUntil => SubmittedAt + RatingStore.UndoWindow;
}

public sealed record EntryReceipt(EntryOutcome Outcome, StoredEntry Stored, bool StudyOpen);
