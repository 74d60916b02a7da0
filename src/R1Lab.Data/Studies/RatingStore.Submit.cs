using System.Text.Json;
using Microsoft.EntityFrameworkCore;

namespace R1Lab.Data.Studies;

/// <summary>Submitting and taking back.</summary>
public sealed partial class RatingStore
{
    /// <summary>
    /// Stores all scores of an assignment in one transaction. Submitting again replaces them; there is never a second score for the same
    /// answer and criterion.
    /// </summary>
    /// <exception cref="RecordNotFoundException"/>
    /// <exception cref="InvalidRatingException">A required score is missing, off the scale or twice there.</exception>
    public Task<SubmitReceipt> SubmitAsync(
        int assignmentId, string raterId, RatingDraft rating, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            async (context, token) =>
            {
                var assignment = await OwnAsync(context, assignmentId, raterId, token);
                var study = await OpenStudyAsync(context, assignment.StudyId, token);
                var criteria = await CriteriaAsync(context, assignment.StudyId, token);
                RatingRules.Check(rating.Scores, criteria, assignment.Order.Count);
                await ReplaceScoresAsync(context, study, assignment, criteria, rating.Scores, token);
                var now = time.Now();
                assignment.State = AssignmentState.Submitted;
                assignment.SubmittedAt = now;
                assignment.Comment = rating.Comment;
                assignment.DraftJson = null;
                await context.SaveChangesAsync(token);
                return new SubmitReceipt(assignment.Id, now, now + UndoWindow);
            },
            cancellationToken);

    /// <summary>Within ten seconds a submission becomes a draft again, with its scores entered. False when it is too late.</summary>
    /// <exception cref="RecordNotFoundException"/>
    public Task<bool> UndoSubmitAsync(int assignmentId, string raterId, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            async (context, token) =>
            {
                var assignment = await OwnAsync(context, assignmentId, raterId, token);
                var now = time.Now();
                if (assignment.State != AssignmentState.Submitted || now > assignment.SubmittedAt + UndoWindow) return false;
                var criteria = await CriteriaAsync(context, assignment.StudyId, token);
                assignment.DraftJson = JsonSerializer.Serialize(await EnteredAsync(context, assignment, criteria, token));
                assignment.State = AssignmentState.Draft;
                assignment.SubmittedAt = null;
                assignment.LeaseUntil = now + Lease;
                await context.Scores.Where(score => score.AssignmentId == assignmentId).ExecuteDeleteAsync(token);
                await context.SaveChangesAsync(token);
                return true;
            },
            cancellationToken);

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
