using Microsoft.EntityFrameworkCore;

namespace R1Lab.Data.Studies;

/// <summary>For those who run a study: what raters skipped, kept too late or submitted more than once. Raters never see it.</summary>
public sealed class StudyEntryStore(IDbContextFactory<LabDbContext> contexts)
{
    /// <summary>Items that raters passed over, newest first.</summary>
    public async Task<IReadOnlyList<SkippedItem>> SkipsAsync(int studyId, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Assignments
            .Where(one => one.StudyId == studyId && one.State == AssignmentState.Skipped)
            .OrderByDescending(one => one.EntryAt ?? one.ShownAt).ThenByDescending(one => one.Id)
            .Join(
                context.StudyItems,
                one => one.ItemId,
                item => item.Id,
                (one, item) => new SkippedItem(item.Id, item.Prompt, one.RaterName, one.SkipReason, one.SkipNote, one.EntryAt ?? one.ShownAt))
            .ToListAsync(cancellationToken);
    }

    /// <summary>Every submission of a study in the order given, those that were replaced or taken back included.</summary>
    public async Task<IReadOnlyList<GivenRevision>> RevisionsAsync(int studyId, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var given =
            from revision in context.RatingRevisions
            join assignment in context.Assignments on revision.AssignmentId equals assignment.Id
            where assignment.StudyId == studyId
            orderby revision.Id
            select new GivenRevision(
                assignment.Id, assignment.ItemId, assignment.RaterId, revision.Number, revision.SubmittedAt, revision.WithdrawnAt, revision.FormJson);
        return await given.ToListAsync(cancellationToken);
    }

    /// <summary>Forms that are entered but not submitted: in a closed study, what came too late to count.</summary>
    public async Task<int> UnsubmittedAsync(int studyId, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Assignments.CountAsync(
            one => one.StudyId == studyId && one.State != AssignmentState.Skipped && one.DraftJson != null, cancellationToken);
    }
}

public sealed record SkippedItem(int ItemId, string Prompt, string RaterName, SkipReason? Reason, string? Note, DateTimeOffset At);

public sealed record GivenRevision(
    int AssignmentId, int ItemId, string RaterId, int Number, DateTimeOffset SubmittedAt, DateTimeOffset? WithdrawnAt, string FormJson);
