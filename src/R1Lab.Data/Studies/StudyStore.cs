using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using R1Lab.Data.Access;
using R1Lab.Data.Notifications;

namespace R1Lab.Data.Studies;

/// <summary>Studies for those who run them: create, fill, open, close, read results. What raters do is <see cref="RatingStore"/>.</summary>
public sealed class StudyStore(IDbContextFactory<LabDbContext> contexts, WriteQueue writes, TimeProvider time)
{
    /// <exception cref="ArgumentException">No criterion, a criterion without five points, an overlap below 1, an item without answers.</exception>
    public Task<Study> CreateAsync(Actor actor, NewStudy study, CancellationToken cancellationToken = default)
    {
        Check(study);
        return writes.RunAsync(
            actor,
            async (context, token) =>
            {
                actor.Demand(LabRight.Train);
                var created = new Study
                {
                    Name = study.Name,
                    Language = study.Language,
                    GuidelinesMarkdown = study.GuidelinesMarkdown,
                    ShowReasoning = study.ShowReasoning,
                    Overlap = study.Overlap,
                    Seed = study.Seed ?? RandomNumberGenerator.GetInt32(int.MaxValue),
                    Status = study.Status,
                    Primary = study.Primary,
                    OwnerId = actor.IsSystem ? study.OwnerId : actor.Id,
                    OwnerName = actor.IsSystem ? study.OwnerName : actor.Name,
                    CreatedAt = time.Now(),
                };
                context.Add(created);
                await context.SaveChangesAsync(token);
                context.AddRange(study.Criteria.Select((criterion, index) => Copy(criterion, created.Id, index)));
                context.AddRange(study.Items.Select((item, index) => Entity(item, created.Id, index)));
                context.Audit(actor, time.Now(), AuditActions.StudyCreate, $"study {created.Id}", created.Name);
                if (created.Status == StudyStatus.Open) await NotifyRatersAsync(context, created, token);
                await context.SaveChangesAsync(token);
                return created;
            },
            cancellationToken);
    }

    /// <summary>Adds a prompt with its answers to a study that is not closed.</summary>
    /// <exception cref="RecordConflictException">The study is closed.</exception>
    public Task AddItemAsync(Actor actor, int studyId, NewStudyItem item, CancellationToken cancellationToken = default)
    {
        Check(item);
        return writes.RunAsync(
            actor,
            async (context, token) =>
            {
                var study = await OwnedAsync(context, actor, studyId, token) ?? throw new RecordNotFoundException("study", studyId);
                if (study.Status == StudyStatus.Closed) throw new RecordConflictException("The study is closed.");
                var last = await context.StudyItems.Where(one => one.StudyId == studyId).MaxAsync(one => (int?)one.Position, token);
                context.Add(Entity(item, studyId, (last ?? -1) + 1));
                await context.SaveChangesAsync(token);
            },
            cancellationToken);
    }

    /// <summary>Chooses the comparison the study is made for, or none. Possible until the first rater has entered something.</summary>
    /// <exception cref="RecordNotFoundException"/>
    /// <exception cref="ArgumentException">The study has no such criterion or models.</exception>
    /// <exception cref="RecordConflictException">Rating has started.</exception>
    /// <exception cref="NotAllowedException">It belongs to somebody else.</exception>
    public Task SetPrimaryAsync(Actor actor, int id, PrimaryComparison? primary, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            actor,
            async (context, token) =>
            {
                var study = await OwnedAsync(context, actor, id, token) ?? throw new RecordNotFoundException("study", id);
                if (await HasStartedAsync(context, id, token))
                    throw new RecordConflictException("Rating has started: the primary comparison is fixed.");
                var criteria = await context.Criteria.Where(one => one.StudyId == id).Select(one => one.Key).ToListAsync(token);
                var models = await context.StudyItems.Where(item => item.StudyId == id).SelectMany(item => item.Responses)
                    .Select(response => response.ModelName).Distinct().ToListAsync(token);
                Check(primary, criteria, models);
                study.Primary = primary;
                context.Audit(actor, time.Now(), AuditActions.StudyPrimary, $"study {id}", primary?.ToString());
                await context.SaveChangesAsync(token);
            },
            cancellationToken);

    /// <summary>Whether a rater has entered something, so that the primary comparison is fixed.</summary>
    public async Task<bool> HasRatingsAsync(int id, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await HasStartedAsync(context, id, cancellationToken);
    }

    /// <exception cref="NotAllowedException">It belongs to somebody else.</exception>
    public Task<bool> SetStatusAsync(Actor actor, int id, StudyStatus status, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            actor,
            async (context, token) =>
            {
                if (await OwnedAsync(context, actor, id, token) is not { } study) return false;
                if (status == StudyStatus.Open && study.Status != StudyStatus.Open) await NotifyRatersAsync(context, study, token);
                study.Status = status;
                context.Audit(actor, time.Now(), status == StudyStatus.Closed ? AuditActions.StudyClose : AuditActions.StudyOpen, $"study {id}");
                await context.SaveChangesAsync(token);
                return true;
            },
            cancellationToken);

    /// <summary>Notifies the owner of a study that writing its answers ended.</summary>
    /// <param name="actor">The background work that writes them.</param>
    /// <param name="id">Nothing happens where there is no such study.</param>
    /// <param name="succeeded">All answers are there, and the study is open.</param>
    public Task NoteWritingEndedAsync(Actor actor, int id, bool succeeded, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            actor,
            async (context, token) =>
            {
                if (await OwnedAsync(context, actor, id, token) is not { } study) return;
                var kind = succeeded ? NotificationKinds.StudyReady : NotificationKinds.StudyFailed;
                await context.NotifyAsync(study.OwnerId, time.Now(), kind, study.Name, $"studies/{id}", token);
                await context.SaveChangesAsync(token);
            },
            cancellationToken);

    /// <exception cref="NotAllowedException">It belongs to somebody else.</exception>
    public Task<bool> DeleteAsync(Actor actor, int id, CancellationToken cancellationToken = default) =>
        writes.RunAsync(
            actor,
            async (context, token) =>
            {
                if (await OwnedAsync(context, actor, id, token) is not { } study) return false;
                context.Audit(actor, time.Now(), AuditActions.StudyDelete, $"study {id}", study.Name);
                await context.SaveChangesAsync(token);
                return await context.Studies.Where(one => one.Id == id).ExecuteDeleteAsync(token) == 1;
            },
            cancellationToken);

    private Task NotifyRatersAsync(LabDbContext context, Study study, CancellationToken cancellationToken) =>
        context.NotifyRatersAsync(study.OwnerId, time.Now(), NotificationKinds.RatingWaits, study.Name, "rate", cancellationToken);

    /// <summary>Newest first.</summary>
    public async Task<IReadOnlyList<StudySummary>> ListAsync(CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        return await context.Studies.AsNoTracking().OrderByDescending(study => study.Id)
            .Select(study => new StudySummary(
                study,
                context.StudyItems.Count(item => item.StudyId == study.Id),
                context.Assignments.Count(one => one.StudyId == study.Id && one.State == AssignmentState.Submitted),
                context.Assignments.Where(one => one.StudyId == study.Id && one.State == AssignmentState.Submitted)
                    .Select(one => one.RaterId).Distinct().Count()))
            .ToListAsync(cancellationToken);
    }

    /// <summary>The whole study with model names.</summary>
    public async Task<StudyContents?> GetAsync(int id, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        if (await context.Studies.AsNoTracking().FirstOrDefaultAsync(one => one.Id == id, cancellationToken) is not { } study) return null;
        var criteria = await context.Criteria.AsNoTracking().Where(one => one.StudyId == id)
            .OrderBy(one => one.Position).ToListAsync(cancellationToken);
        var items = await context.StudyItems.AsNoTracking().Where(one => one.StudyId == id)
            .Include(one => one.Responses.OrderBy(response => response.Position)).OrderBy(one => one.Position).ToListAsync(cancellationToken);
        return new StudyContents(study, criteria, items);
    }

    /// <summary>Every submitted score, one row each, in the order items, raters, answers and criteria stand.</summary>
    public async Task<IReadOnlyList<ScoreRow>> ExportAsync(int id, CancellationToken cancellationToken = default)
    {
        await using var context = await contexts.CreateDbContextAsync(cancellationToken);
        var rows =
            from score in context.Scores
            join assignment in context.Assignments on score.AssignmentId equals assignment.Id
            join response in context.StudyResponses on score.ResponseId equals response.Id
            join item in context.StudyItems on assignment.ItemId equals item.Id
            join criterion in context.Criteria on score.CriterionId equals criterion.Id
            where assignment.StudyId == id && assignment.State == AssignmentState.Submitted
            orderby item.Position, assignment.Id, response.Position, criterion.Position
            select new ScoreRow(
                id, item.Id, item.Prompt, response.Id, response.ModelName, response.Fingerprint, response.Text, assignment.RaterId,
                assignment.RaterName, criterion.Key, score.Value, score.IsNotApplicable, assignment.Comment, assignment.SubmittedAt);
        return await rows.ToListAsync(cancellationToken);
    }

    /// <summary>Means per model and criterion, per rater too, with counts, intervals and agreement.</summary>
    /// <exception cref="RecordNotFoundException"/>
    public Task<StudyResults> ResultsAsync(int id, CancellationToken cancellationToken = default) => ResultsAsync(id, false, cancellationToken);

    /// <summary>The same, <paramref name="withoutTrainedOn"/> without the prompts that one of the models was trained on.</summary>
    /// <exception cref="RecordNotFoundException"/>
    public async Task<StudyResults> ResultsAsync(int id, bool withoutTrainedOn, CancellationToken cancellationToken = default)
    {
        var contents = await GetAsync(id, cancellationToken) ?? throw new RecordNotFoundException("study", id);
        return StudyResults.From(contents, await ExportAsync(id, cancellationToken), withoutTrainedOn);
    }

    /// <summary>Nothing when the actor may change the study, or there is none.</summary>
    /// <exception cref="NotAllowedException">It belongs to somebody else.</exception>
    public Task DemandAsync(Actor actor, int id, CancellationToken cancellationToken = default) =>
        writes.RunAsync(actor, (context, token) => OwnedAsync(context, actor, id, token), cancellationToken);

    /// <summary>The study, where the actor may change it; null when there is none.</summary>
    private static async Task<Study?> OwnedAsync(LabDbContext context, Actor actor, int id, CancellationToken cancellationToken)
    {
        actor.Demand(LabRight.Train);
        var study = await context.Studies.FirstOrDefaultAsync(one => one.Id == id, cancellationToken);
        if (study is not null) actor.DemandOwner($"study {id}", study.OwnerId, study.OwnerName);
        return study;
    }

    private static Task<bool> HasStartedAsync(LabDbContext context, int id, CancellationToken cancellationToken) => context.Assignments.AnyAsync(
        one => one.StudyId == id && (one.State == AssignmentState.Submitted || one.State == AssignmentState.Draft), cancellationToken);

    private static void Check(NewStudy study)
    {
        if (study.Overlap < 1) throw new ArgumentException("The overlap must be at least 1.", nameof(study));
        if (study.Criteria.Count == 0) throw new ArgumentException("A study needs at least one criterion.", nameof(study));
        if (study.Criteria.Any(criterion => criterion.Anchors.Count != 5))
            throw new ArgumentException("Every criterion needs the texts of five points.", nameof(study));
        if (study.Criteria.Select(criterion => criterion.Key).Distinct().Count() != study.Criteria.Count)
            throw new ArgumentException("Two criteria have the same key.", nameof(study));
        foreach (var item in study.Items) Check(item);
        var models = study.Items.SelectMany(item => item.Responses).Select(response => response.ModelName);
        Check(study.Primary, [.. study.Criteria.Select(criterion => criterion.Key)], [.. models.Distinct()]);
    }

    /// <summary>The models of a study whose answers are not written yet are not known here.</summary>
    private static void Check(PrimaryComparison? primary, IReadOnlyCollection<string> criteria, IReadOnlyCollection<string> models)
    {
        if (primary is null) return;
        if (!criteria.Contains(primary.Criterion)) throw new ArgumentException($"There is no criterion \"{primary.Criterion}\".", nameof(primary));
        if (primary.First == primary.Second) throw new ArgumentException("A model cannot be compared with itself.", nameof(primary));
        foreach (var model in new[] { primary.First, primary.Second }.Where(model => models.Count > 0 && !models.Contains(model)))
            throw new ArgumentException($"There is no model \"{model}\" in the study.", nameof(primary));
    }

    private static void Check(NewStudyItem item)
    {
        if (item.Responses.Count == 0) throw new ArgumentException($"The prompt \"{item.Prompt}\" has no answers.", nameof(item));
    }

    private static Criterion Copy(Criterion criterion, int studyId, int position) => new()
    {
        StudyId = studyId,
        Position = position,
        Key = criterion.Key,
        NameZh = criterion.NameZh,
        NameEn = criterion.NameEn,
        Weight = criterion.Weight,
        Required = criterion.Required,
        AllowNotApplicable = criterion.AllowNotApplicable,
        Anchors = criterion.Anchors,
    };

    private static StudyItem Entity(NewStudyItem item, int studyId, int position)
    {
        var entity = new StudyItem { StudyId = studyId, Position = position, Prompt = item.Prompt };
        entity.Responses.AddRange(item.Responses.Select((response, index) => new StudyResponse
        {
            Position = index,
            ModelName = response.ModelName,
            Text = response.Text,
            Reasoning = response.Reasoning,
            Fingerprint = response.Fingerprint,
            RunId = response.RunId,
            SettingsJson = response.SettingsJson,
            TrainedOn = response.TrainedOn,
        }));
        return entity;
    }
}
