using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using R1Lab.Data.Access;

namespace R1Lab.Data.Studies;

/// <summary>Everything a rater does. Each verb takes the rater: nobody sees or changes another's, and model names never pass through here.</summary>
public sealed partial class RatingStore(IDbContextFactory<LabDbContext> contexts, WriteQueue writes, TimeProvider time)
{
    public static readonly TimeSpan Lease = TimeSpan.FromMinutes(30);

    public static readonly TimeSpan UndoWindow = TimeSpan.FromSeconds(10);

    /// <summary>The open studies with what is left for this rater, newest first.</summary>
    public async Task<IReadOnlyList<RaterStudy>> StudiesAsync(string raterId, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var open = await context.Studies.AsNoTracking().Where(study => study.Status == StudyStatus.Open)
            .OrderByDescending(study => study.Id).ToListAsync(cancellationToken);
        var studies = new List<RaterStudy>(open.Count);
        foreach (var study in open)
        {
            var progress = await ProgressAsync(context, study, raterId, cancellationToken);
            var name = (await StudyNames.BlindAsync(context, study.Id, cancellationToken)).InHeading(study.Name);
            studies.Add(new RaterStudy(study.Id, name, study.Language, progress));
        }

        return studies;
    }

    /// <summary>
    /// The item this rater has in hand, else a new one: of those with fewest raters, one by the study's seed. Null when nothing is left.
    /// </summary>
    /// <exception cref="RecordNotFoundException">There is no such open study.</exception>
    public async Task<RatingTask?> NextAsync(Actor actor, int studyId, CancellationToken cancellationToken = default)
    {
        var assignmentId = await writes.RunAsync(
            actor,
            async (context, token) =>
            {
                var study = await OpenStudyAsync(context, studyId, token);
                var assignment = await InHandAsync(context, studyId, RaterId(actor), token)
                    ?? await AssignAsync(context, study, RaterId(actor), actor.Name, token);
                if (assignment is null) return (int?)null;
                assignment.LeaseUntil = time.Now() + Lease;
                await context.SaveChangesAsync(token);
                return assignment.Id;
            },
            cancellationToken);
        // Reading the texts needs no turn in the queue.
        return assignmentId is { } id ? await OpenAsync(id, RaterId(actor), cancellationToken) : null;
    }

    /// <summary>One of the rater's own assignments in any state, to look at or change.</summary>
    /// <exception cref="RecordNotFoundException"/>
    public async Task<RatingTask> OpenAsync(int assignmentId, string raterId, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var assignment = await OwnAsync(context, assignmentId, raterId, cancellationToken);
        var study = await context.Studies.FirstAsync(one => one.Id == assignment.StudyId, cancellationToken);
        return await TaskAsync(context, study, assignment, cancellationToken);
    }

    /// <summary>What the rater submitted or skipped in open studies and can still change, last first.</summary>
    public async Task<IReadOnlyList<RaterSubmission>> SubmissionsAsync(string raterId, CancellationToken cancellationToken = default)
    {
        const int most = 200;
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var own =
            from assignment in context.Assignments
            join item in context.StudyItems on assignment.ItemId equals item.Id
            join study in context.Studies on assignment.StudyId equals study.Id
            where assignment.RaterId == raterId && study.Status == StudyStatus.Open
                && (assignment.State == AssignmentState.Submitted || assignment.State == AssignmentState.Skipped)
            orderby assignment.EntryAt ?? assignment.SubmittedAt ?? assignment.ShownAt descending, assignment.Id descending
            select new RaterSubmission(
                assignment.Id, assignment.StudyId, item.Prompt, assignment.State, assignment.Revision,
                assignment.SubmittedAt ?? assignment.EntryAt ?? assignment.ShownAt, assignment.SkipReason, assignment.SkipNote);
        var submissions = await own.Take(most).ToListAsync(cancellationToken);
        var blind = new Dictionary<int, BlindText>();
        foreach (var study in submissions.Select(one => one.StudyId).Distinct()) blind[study] = await StudyNames.BlindAsync(context, study, cancellationToken);
        return [.. submissions.Select(one => one with { Prompt = blind[one.StudyId].InText(one.Prompt) })];
    }

    private static string RaterId(Actor actor)
    {
        actor.Demand(LabRight.Rate);
        return actor.DemandId();
    }

    private static async Task<Study> OpenStudyAsync(LabDbContext context, int studyId, CancellationToken cancellationToken) =>
        await context.Studies.AsNoTracking().FirstOrDefaultAsync(one => one.Id == studyId && one.Status == StudyStatus.Open, cancellationToken)
        ?? throw new RecordNotFoundException("open study", studyId);

    private static async Task<Assignment> OwnAsync(
        LabDbContext context, int assignmentId, string raterId, CancellationToken cancellationToken) =>
        await context.Assignments.FirstOrDefaultAsync(one => one.Id == assignmentId && one.RaterId == raterId, cancellationToken)
        ?? throw new RecordNotFoundException("assignment", assignmentId);

    private static Task<Assignment?> InHandAsync(LabDbContext context, int studyId, string raterId, CancellationToken cancellationToken) =>
        context.Assignments
            .Where(one => one.StudyId == studyId && one.RaterId == raterId)
            .Where(one => one.State == AssignmentState.Pending || one.State == AssignmentState.Draft)
            .OrderBy(one => one.Id).FirstOrDefaultAsync(cancellationToken);

    private async Task<Assignment?> AssignAsync(
        LabDbContext context, Study study, string raterId, string raterName, CancellationToken cancellationToken)
    {
        var now = time.Now();
        var free = await FreeItems(context, study, raterId, now).ToListAsync(cancellationToken);
        if (free.Count == 0) return null;
        var itemId = free.MinBy(item => (item.Taken, StudySeed.For(study.Seed, raterId, item.ItemId)))!.ItemId;
        var seed = StudySeed.For(study.Seed, itemId, raterId);
        var responses = await context.StudyResponses.AsNoTracking().Where(response => response.ItemId == itemId).ToListAsync(cancellationToken);
        var shown = IdenticalAnswers.Groups(responses, study.ShowReasoning).Select(group => group[0].Id).ToArray();
        var given = await Taken(context.Assignments.Where(one => one.ItemId == itemId), now).Select(one => one.Order).ToListAsync(cancellationToken);
        var assignment = new Assignment
        {
            StudyId = study.Id,
            ItemId = itemId,
            RaterId = raterId,
            RaterName = raterName,
            Seed = seed,
            Order = AnswerOrder.Next(shown, given, seed),
            ShownAt = now,
        };
        context.Add(assignment);
        return assignment;
    }

    /// <summary>Items this rater never had, whose places (submissions and live leases) are not all taken.</summary>
    private static IQueryable<FreeItem> FreeItems(LabDbContext context, Study study, string raterId, DateTimeOffset now) =>
        context.StudyItems
            .Where(item => item.StudyId == study.Id)
            .Where(item => !context.Assignments.Any(one => one.ItemId == item.Id && one.RaterId == raterId))
            .Select(item => new FreeItem
            {
                ItemId = item.Id,
                Taken = context.Assignments.Count(one =>
                    one.ItemId == item.Id
                    && (one.State == AssignmentState.Submitted || (one.State != AssignmentState.Skipped && one.LeaseUntil > now))),
            })
            .Where(item => item.Taken < study.Overlap);

    /// <summary>The same condition for the assignments of one item.</summary>
    private static IQueryable<Assignment> Taken(IQueryable<Assignment> assignments, DateTimeOffset now) => assignments.Where(one =>
        one.State == AssignmentState.Submitted || (one.State != AssignmentState.Skipped && one.LeaseUntil > now));

    private async Task<RaterProgress> ProgressAsync(LabDbContext context, Study study, string raterId, CancellationToken cancellationToken)
    {
        var own = context.Assignments.Where(one => one.StudyId == study.Id && one.RaterId == raterId);
        var submitted = await own.CountAsync(one => one.State == AssignmentState.Submitted, cancellationToken);
        var inHand = await own.CountAsync(one => one.State == AssignmentState.Pending || one.State == AssignmentState.Draft, cancellationToken);
        var free = await FreeItems(context, study, raterId, time.Now()).CountAsync(cancellationToken);
        return new RaterProgress(submitted, inHand + free);
    }

    private async Task<RatingTask> TaskAsync(LabDbContext context, Study study, Assignment assignment, CancellationToken cancellationToken)
    {
        var prompt = await context.StudyItems.Where(item => item.Id == assignment.ItemId)
            .Select(item => item.Prompt).FirstAsync(cancellationToken);
        var answers = await context.StudyResponses.Where(response => response.ItemId == assignment.ItemId)
            .Select(response => new { response.Id, response.Text, response.Reasoning }).ToDictionaryAsync(response => response.Id, cancellationToken);
        var criteria = await CriteriaAsync(context, study.Id, cancellationToken);
        var blind = await StudyNames.BlindAsync(context, study.Id, cancellationToken);
        return new RatingTask(
            assignment.Id, study.Id, blind.InHeading(study.Name), study.Language, blind.InHeading(study.GuidelinesMarkdown), blind.InText(prompt),
            [.. assignment.Order.Select((id, slot) => new BlindAnswer(
                slot, blind.InText(answers[id].Text), study.ShowReasoning && answers[id].Reasoning is { } thought ? blind.InText(thought) : null))],
            criteria, await StoredAsync(context, assignment, criteria, cancellationToken),
            await ProgressAsync(context, study, assignment.RaterId, cancellationToken));
    }

    private static Task<List<Criterion>> CriteriaAsync(LabDbContext context, int studyId, CancellationToken cancellationToken) =>
        context.Criteria.AsNoTracking().Where(one => one.StudyId == studyId).OrderBy(one => one.Position).ToListAsync(cancellationToken);

    private static async Task<RatingDraft> EnteredAsync(
        LabDbContext context, Assignment assignment, IReadOnlyList<Criterion> criteria, CancellationToken cancellationToken)
    {
        if (assignment.DraftJson is { } draft) return JsonSerializer.Deserialize<RatingDraft>(draft)!;
        if (assignment.State != AssignmentState.Submitted) return RatingDraft.Empty;
        var keys = criteria.ToDictionary(criterion => criterion.Id, criterion => criterion.Key);
        var slots = assignment.Order.Select((id, slot) => (id, slot)).ToDictionary(pair => pair.id, pair => pair.slot);
        var scores = await context.Scores.AsNoTracking().Where(score => score.AssignmentId == assignment.Id).ToListAsync(cancellationToken);
        return new RatingDraft(
            [.. scores.Where(score => slots.ContainsKey(score.ResponseId)) // the others are copies for answers that read the same
                .Select(score => new SlotScore(slots[score.ResponseId], keys[score.CriterionId], score.Value, score.IsNotApplicable))
                .OrderBy(score => score.Slot)],
            assignment.Comment);
    }

    private sealed class FreeItem
    {
        public int ItemId { get; init; }

        public int Taken { get; init; }
    }
}
