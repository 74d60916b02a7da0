using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using R1Lab.Data.Access;

namespace R1Lab.Data.Studies;

/// <summary>The one way in which a form reaches the database: whole, with the stamp of the tab that sent it.</summary>
public sealed partial class RatingStore
{
    /// <summary>What is stored of one of the rater's own assignments.</summary>
    /// <exception cref="RecordNotFoundException"/>
    public async Task<EntryReceipt> EntryAsync(int assignmentId, string raterId, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var assignment = await OwnAsync(context, assignmentId, raterId, cancellationToken);
        var criteria = await CriteriaAsync(context, assignment.StudyId, cancellationToken);
        return await ReceiptAsync(context, assignment, criteria, EntryOutcome.Stored, cancellationToken);
    }

    /// <summary>
    /// Stores a draft, a submission or a skip when it is newer than what is stored. Sent again with the same stamp it changes nothing; an
    /// entry of another tab is replaced only by a form that names its stamp.
    /// </summary>
    /// <exception cref="RecordNotFoundException"/>
    /// <exception cref="InvalidRatingException">A score is off the scale or there twice, a text is too long, or a submission lacks a required score.</exception>
    public Task<EntryReceipt> EnterAsync(Actor actor, int assignmentId, RatingEntry entry, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            actor,
            async (context, token) =>
            {
                var assignment = await OwnAsync(context, assignmentId, RaterId(actor), token);
                var criteria = await CriteriaAsync(context, assignment.StudyId, token);
                var outcome = await JudgeAsync(context, assignment, entry, token);
                if (outcome == EntryOutcome.Stored) outcome = await StoreAsync(context, assignment, criteria, entry, token);
                return await ReceiptAsync(context, assignment, criteria, outcome, token);
            },
            cancellationToken);

    private static async Task<EntryOutcome> JudgeAsync(
        LabDbContext context, Assignment assignment, RatingEntry entry, CancellationToken cancellationToken)
    {
        var (stored, sent) = (StampOf(assignment), entry.Stamp);
        var submitted = entry.Intent == EntryIntent.Submit && await context.RatingRevisions.AnyAsync(
            one => one.AssignmentId == assignment.Id && one.Client == sent.Client && one.Sequence == sent.Sequence, cancellationToken);
        if (submitted) return EntryOutcome.Replayed;
        if (stored?.Client == sent.Client)
        {
            if (sent.Sequence < stored.Sequence) return EntryOutcome.Stale;
            // A submission that came after the study was closed is tried again once the study is open again.
            return sent.Sequence == stored.Sequence && entry.Intent != EntryIntent.Submit ? EntryOutcome.Replayed : EntryOutcome.Stored;
        }

        // A tab that was loaded again knows the highest number it ever sent, which may never have arrived.
        var known = stored is null || entry.Known.Any(stamp => stamp.Client == stored.Client && stamp.Sequence >= stored.Sequence);
        return known ? EntryOutcome.Stored : EntryOutcome.Conflict;
    }

    private async Task<EntryOutcome> StoreAsync(
        LabDbContext context, Assignment assignment, IReadOnlyList<Criterion> criteria, RatingEntry entry, CancellationToken cancellationToken)
    {
        RatingRules.CheckForm(entry, criteria, assignment.Order.Count);
        var open = await IsOpenAsync(context, assignment.StudyId, cancellationToken);
        if (entry.Intent == EntryIntent.Skip && assignment.State == AssignmentState.Submitted) return EntryOutcome.Conflict;
        (assignment.EntryClient, assignment.EntrySequence, assignment.EntryAt) = (entry.Stamp.Client, entry.Stamp.Sequence, time.Now());
        if (open && entry.Intent == EntryIntent.Submit) await SubmitAsync(context, assignment, criteria, entry, cancellationToken);
        else KeepDraft(assignment, entry, open);
        await context.SaveChangesAsync(cancellationToken);
        return open || entry.Intent == EntryIntent.Draft ? EntryOutcome.Stored : EntryOutcome.StudyClosed;
    }

    private void KeepDraft(Assignment assignment, RatingEntry entry, bool open)
    {
        var skipped = open && entry.Intent == EntryIntent.Skip;
        if (assignment.State != AssignmentState.Submitted) MoveTo(assignment, skipped ? AssignmentState.Skipped : AssignmentState.Draft);
        assignment.DraftJson = JsonSerializer.Serialize(entry.Form);
        (assignment.SkipReason, assignment.SkipNote) = skipped ? (entry.SkipReason, entry.SkipNote) : (null, null);
        assignment.LeaseUntil = time.Now() + Lease;
    }

    private static void MoveTo(Assignment assignment, AssignmentState state)
    {
        if (!AssignmentTransitions.Allows(assignment.State, state))
            throw new RecordConflictException($"Assignment {assignment.Id} is {assignment.State} and cannot become {state}.");
        assignment.State = state;
    }

    private static async Task<EntryReceipt> ReceiptAsync(
        LabDbContext context, Assignment assignment, IReadOnlyList<Criterion> criteria, EntryOutcome outcome, CancellationToken cancellationToken) =>
        new(
            outcome,
            await StoredAsync(context, assignment, criteria, cancellationToken),
            await IsOpenAsync(context, assignment.StudyId, cancellationToken));

    private static async Task<StoredEntry> StoredAsync(
        LabDbContext context, Assignment assignment, IReadOnlyList<Criterion> criteria, CancellationToken cancellationToken) =>
        new(
            assignment.Id, assignment.State, StampOf(assignment), assignment.EntryAt, assignment.Revision, assignment.SubmittedAt,
            await EnteredAsync(context, assignment, criteria, cancellationToken));

    private static EntryStamp? StampOf(Assignment assignment) =>
        assignment.EntryClient is { } client ? new EntryStamp(client, assignment.EntrySequence) : null;

    private static Task<bool> IsOpenAsync(LabDbContext context, int studyId, CancellationToken cancellationToken) =>
        context.Studies.AnyAsync(one => one.Id == studyId && one.Status == StudyStatus.Open, cancellationToken);
}
