using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using R1Lab.Data.Access;

namespace R1Lab.Data.Studies;

/// <summary>Submissions as revisions, and taking things back.</summary>
public sealed partial class RatingStore
{
    /// <summary>
    /// Submits all scores of an assignment for a program that keeps no stamps. An assignment that is submitted already is replaced only when
    /// the caller names its present revision; the same scores again are the same submission.
    /// </summary>
    /// <exception cref="RecordNotFoundException"/>
    /// <exception cref="RecordConflictException">It was submitted before with other scores, or the study is closed (the scores are kept as a draft).</exception>
    /// <exception cref="InvalidRatingException">A required score is missing, off the scale or twice there, or the comment is too long.</exception>
    public async Task<SubmitReceipt> SubmitAsync(
        Actor actor, int assignmentId, RatingDraft rating, int? expectedRevision, CancellationToken cancellationToken = default)
    {
        var before = (await EntryAsync(assignmentId, RaterId(actor), cancellationToken)).Stored;
        if (before.State == AssignmentState.Submitted && expectedRevision != before.Revision)
        {
            if (RatingRules.Same(before.Form, rating)) return ReceiptOf(before);
            throw new RecordConflictException(
                $"Assignment {assignmentId} was submitted before; its revision is {before.Revision}. Name it as the expected revision to replace it.");
        }

        var entry = new RatingEntry(new EntryStamp($"program-{Guid.NewGuid():N}", 1), KnownOf(before), EntryIntent.Submit, rating);
        var receipt = await EnterAsync(actor, assignmentId, entry, cancellationToken);
        return receipt.Outcome switch
        {
            EntryOutcome.StudyClosed => throw new RecordConflictException("The study is closed: the scores are kept as a draft and do not count."),
            EntryOutcome.Conflict => throw new RecordConflictException($"Assignment {assignmentId} was changed meanwhile; read it again."),
            _ => ReceiptOf(receipt.Stored),
        };
    }

    /// <summary>The same for an assignment that was not submitted before.</summary>
    public Task<SubmitReceipt> SubmitAsync(Actor actor, int assignmentId, RatingDraft rating, CancellationToken cancellationToken = default) =>
        SubmitAsync(actor, assignmentId, rating, null, cancellationToken);

    /// <summary>
    /// Within ten seconds a submission becomes a draft again, with its scores entered; an earlier submission of the same item counts again.
    /// False when it is too late. Called twice it still is one undo.
    /// </summary>
    /// <exception cref="RecordNotFoundException"/>
    public Task<bool> UndoSubmitAsync(Actor actor, int assignmentId, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            actor,
            async (context, token) =>
            {
                var assignment = await OwnAsync(context, assignmentId, RaterId(actor), token);
                var newest = await context.RatingRevisions.Where(one => one.AssignmentId == assignmentId)
                    .OrderByDescending(one => one.Number).FirstOrDefaultAsync(token);
                if (newest is null || time.Now() > newest.SubmittedAt + UndoWindow) return false;
                if (newest.WithdrawnAt is null) await WithdrawAsync(context, assignment, newest, token);
                return true;
            },
            cancellationToken);

    /// <summary>A skipped item comes back into the rater's hands, with what was entered. False when it is not skipped.</summary>
    /// <exception cref="RecordNotFoundException"/>
    public Task<bool> TakeBackSkipAsync(Actor actor, int assignmentId, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            actor,
            async (context, token) =>
            {
                var assignment = await OwnAsync(context, assignmentId, RaterId(actor), token);
                if (assignment.State != AssignmentState.Skipped) return false;
                MoveTo(assignment, AssignmentState.Draft);
                (assignment.SkipReason, assignment.SkipNote, assignment.LeaseUntil) = (null, null, time.Now() + Lease);
                await context.SaveChangesAsync(token);
                return true;
            },
            cancellationToken);

    private static IReadOnlyList<EntryStamp> KnownOf(StoredEntry stored) => stored.Stamp is { } stamp ? [stamp] : [];

    private static SubmitReceipt ReceiptOf(StoredEntry stored) =>
        new(stored.AssignmentId, stored.Revision, stored.SubmittedAt!.Value, stored.UndoUntil!.Value);

    private async Task SubmitAsync(
        LabDbContext context, Assignment assignment, IReadOnlyList<Criterion> criteria, RatingEntry entry, CancellationToken cancellationToken)
    {
        MoveTo(assignment, AssignmentState.Submitted);
        assignment.Revision++;
        var revision = new RatingRevision
        {
            AssignmentId = assignment.Id,
            Number = assignment.Revision,
            Client = entry.Stamp.Client,
            Sequence = entry.Stamp.Sequence,
            FormJson = JsonSerializer.Serialize(entry.Form),
            SubmittedAt = time.Now(),
        };
        context.Add(revision);
        await CountAsync(context, assignment, criteria, revision, cancellationToken);
        (assignment.DraftJson, assignment.SkipReason, assignment.SkipNote) = (null, null, null);
    }

    private async Task WithdrawAsync(LabDbContext context, Assignment assignment, RatingRevision newest, CancellationToken cancellationToken)
    {
        newest.WithdrawnAt = time.Now();
        assignment.DraftJson ??= newest.FormJson;
        var earlier = await context.RatingRevisions
            .Where(one => one.AssignmentId == assignment.Id && one.Id != newest.Id && one.WithdrawnAt == null)
            .OrderByDescending(one => one.Number).FirstOrDefaultAsync(cancellationToken);
        if (earlier is not null)
        {
            await CountAsync(context, assignment, await CriteriaAsync(context, assignment.StudyId, cancellationToken), earlier, cancellationToken);
        }
        else
        {
            MoveTo(assignment, AssignmentState.Draft);
            (assignment.SubmittedAt, assignment.Comment, assignment.LeaseUntil) = (null, null, time.Now() + Lease);
            await context.Scores.Where(score => score.AssignmentId == assignment.Id).ExecuteDeleteAsync(cancellationToken);
        }

        await context.SaveChangesAsync(cancellationToken);
    }

    /// <summary>Makes a revision the one that counts.</summary>
    private async Task CountAsync(
        LabDbContext context, Assignment assignment, IReadOnlyList<Criterion> criteria, RatingRevision revision, CancellationToken cancellationToken)
    {
        var form = JsonSerializer.Deserialize<RatingDraft>(revision.FormJson)!;
        (assignment.SubmittedAt, assignment.Comment) = (revision.SubmittedAt, form.Comment);
        var study = await context.Studies.AsNoTracking().FirstAsync(one => one.Id == assignment.StudyId, cancellationToken);
        await ReplaceScoresAsync(context, study, assignment, criteria, form.Scores, cancellationToken);
    }

    private async Task ReplaceScoresAsync(
        LabDbContext context, Study study, Assignment assignment, IReadOnlyList<Criterion> criteria, IReadOnlyList<SlotScore> scores,
        CancellationToken cancellationToken)
    {
        await context.Scores.Where(score => score.AssignmentId == assignment.Id).ExecuteDeleteAsync(cancellationToken);
        var covered = await CoveredAsync(context, study, assignment, cancellationToken);
        var ids = criteria.ToDictionary(criterion => criterion.Key, criterion => criterion.Id);
        var given = scores.Where(score => score.Value is not null || score.IsNotApplicable)
            .SelectMany(score => covered[assignment.Order[score.Slot]].Select(response =>
                new object?[] { response, ids[score.Criterion], score.Value, score.IsNotApplicable ? 1 : 0 }));
        // One statement for all scores: the writer's turn is short however many criteria there are.
        await context.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO Scores (AssignmentId, ResponseId, CriterionId, Value, IsNotApplicable, At)
            SELECT {assignment.Id}, value ->> 0, value ->> 1, value ->> 2, value ->> 3, {time.Now().ToUnixTimeMilliseconds()}
            FROM json_each({JsonSerializer.Serialize(given)})
            """,
            cancellationToken);
    }

    /// <summary>For each answer shown, the ids its scores count for: its own, and those of answers left out because they read the same.</summary>
    private static async Task<Dictionary<int, IReadOnlyList<int>>> CoveredAsync(
        LabDbContext context, Study study, Assignment assignment, CancellationToken cancellationToken)
    {
        var responses = await context.StudyResponses.AsNoTracking().Where(response => response.ItemId == assignment.ItemId).ToListAsync(cancellationToken);
        var groups = IdenticalAnswers.Groups(responses, study.ShowReasoning);
        return assignment.Order.ToDictionary(shown => shown, IReadOnlyList<int> (shown) =>
            [.. groups.First(group => group.Any(one => one.Id == shown)).Select(one => one.Id).Where(id => id == shown || !assignment.Order.Contains(id))]);
    }
}
