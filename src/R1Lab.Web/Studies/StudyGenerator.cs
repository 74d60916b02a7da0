using System.Collections.Concurrent;
using System.Text.Json;
using R1Lab.Data;
using R1Lab.Data.Access;
using R1Lab.Data.Studies;
using R1Lab.Web.Notifications;
using R1Lab.Web.Serving;

namespace R1Lab.Web.Studies;

/// <summary>
/// Writes the answers of studies in the background, whether or not a page is open. Each prompt is stored when all models have answered it, so
/// a study that was stopped, or whose lab was restarted, goes on where it stood.
/// </summary>
public sealed class StudyGenerator(
    StudyStore studies, TrainingHistory history, SettingsStore settings, AuditStore audit, IStudyAnswerer answerer, TimeProvider time,
    ILogger<StudyGenerator> log)
    : IAsyncDisposable
{
    // Prompts asked side by side of one model before the next model is asked: models that do not fit together change places this seldom.
    private const int SideBySide = 8;
    private static readonly Actor Writer = Actor.System("study answers");
    private static readonly TimeSpan BusyPause = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<int, StudyJob> _jobs = [];
    private readonly Lock _starting = new();

    /// <summary>The progress of a study, by its id, changed.</summary>
    public Watchers<int> Changes { get; } = new(log);

    /// <summary>Null when nothing was written for it since the lab started.</summary>
    public StudyProgress? Progress(int studyId) => _jobs.TryGetValue(studyId, out var job) ? job.Progress : null;

    /// <summary>Creates the study as a draft and begins to write its answers; it opens for raters when all are there.</summary>
    public async Task<Study> StartAsync(Actor owner, StudyPlan plan, CancellationToken cancellation = default)
    {
        // A seed of its own makes even sampled answers repeatable.
        if (plan.Sampling is { Temperature: > 0, Seed: null }) plan = plan with { Sampling = plan.Sampling with { Seed = Random.Shared.Next() } };
        var study = await studies.CreateAsync(
            owner,
            new NewStudy(plan.Name.Trim())
            {
                Criteria = [.. StandardCriteria.All().Where(criterion => plan.Criteria.Contains(criterion.Key))],
                Language = plan.Language,
                GuidelinesMarkdown = plan.Guidelines,
                Overlap = plan.Overlap,
                Primary = plan.Primary,
                Status = StudyStatus.Draft,
            },
            cancellation);
        await settings.SetAsync(Writer, PlanKey(study.Id), JsonSerializer.Serialize(plan), cancellationToken: cancellation);
        Begin(study.Id, plan, 0);
        return study;
    }

    /// <summary>Goes on with a draft that was stopped. False when there is nothing to go on with.</summary>
    public async Task<bool> ContinueAsync(Actor actor, int studyId, CancellationToken cancellation = default)
    {
        await studies.DemandAsync(actor, studyId, cancellation);
        if (await studies.GetAsync(studyId, cancellation) is not { Study.Status: StudyStatus.Draft } contents) return false;
        if (await settings.GetAsync(PlanKey(studyId), cancellation) is not { } stored) return false;
        await audit.RecordAsync(actor, AuditActions.StudyWrite, $"study {studyId}", cancellationToken: cancellation);
        Begin(studyId, JsonSerializer.Deserialize<StudyPlan>(stored)!, contents.Items.Count);
        return true;
    }

    /// <summary>Stops the writing; what is written stays.</summary>
    public async Task CancelAsync(Actor actor, int studyId)
    {
        await studies.DemandAsync(actor, studyId);
        await audit.RecordAsync(actor, AuditActions.StudyCancel, $"study {studyId}");
        await CancelAsync(studyId);
    }

    private async Task CancelAsync(int studyId)
    {
        if (!_jobs.TryGetValue(studyId, out var job)) return;
        await job.CancelAsync();
        await job.Work;
    }

    /// <summary>Stops the writing and removes the study with all its ratings.</summary>
    public async Task DeleteAsync(Actor actor, int studyId, CancellationToken cancellation = default)
    {
        await studies.DemandAsync(actor, studyId, cancellation);
        await CancelAsync(studyId);
        await studies.DeleteAsync(actor, studyId, cancellation);
        await settings.SetAsync(Writer, PlanKey(studyId), null, cancellationToken: cancellation);
        if (_jobs.TryRemove(studyId, out var job)) job.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var id in _jobs.Keys) await CancelAsync(id);
        foreach (var job in _jobs.Values) job.Dispose();
        _jobs.Clear();
    }

    private static string PlanKey(int studyId) => $"study.{studyId}.plan";

    private void Begin(int studyId, StudyPlan plan, int promptsDone)
    {
        lock (_starting)
        {
            if (_jobs.TryGetValue(studyId, out var before) && before.Progress.IsRunning) return;
            before?.Dispose();
            var job = _jobs[studyId] = new StudyJob(studyId, plan, promptsDone, time);
            job.Work = Task.Run(() => RunAsync(job), CancellationToken.None);
        }
    }

    private async Task RunAsync(StudyJob job)
    {
        try
        {
            var trained = await history.OfAsync(job.Plan.Models, job.Stop);
            for (var start = job.PromptsDone; start < job.Plan.Prompts.Count; start += SideBySide) await WriteAsync(job, trained, start);
            await studies.SetStatusAsync(Writer, job.StudyId, StudyStatus.Open, job.Stop);
            await settings.SetAsync(Writer, PlanKey(job.StudyId), null, cancellationToken: job.Stop);
            await studies.NoteWritingEndedAsync(Writer, job.StudyId, succeeded: true, job.Stop);
            job.End(StudyProgressState.Finished);
        }
        catch (OperationCanceledException) when (job.Stop.IsCancellationRequested)
        {
            job.End(StudyProgressState.Cancelled);
        }
        catch (Exception e)
        {
            log.LogWarning(e, "Writing the answers of study {Study} failed", job.StudyId);
            job.End(StudyProgressState.Failed, e.Message);
            await NoteFailureAsync(job.StudyId);
        }

        Changes.Publish(job.StudyId);
    }

    private async Task NoteFailureAsync(int studyId)
    {
        try
        {
            await studies.NoteWritingEndedAsync(Writer, studyId, succeeded: false, CancellationToken.None);
        }
        catch (Exception e)
        {
            log.LogWarning(e, "The owner of study {Study} could not be notified", studyId); // the database may be what failed
        }
    }

    private async Task WriteAsync(StudyJob job, TrainedPrompts trained, int start)
    {
        var prompts = job.Plan.Prompts.Skip(start).Take(SideBySide).ToList();
        var columns = new List<NewStudyResponse[]>();
        foreach (var model in job.Plan.Models)
            columns.Add(await Task.WhenAll(prompts.Select((prompt, index) => AnswerAsync(job, model, prompt, start + index))));
        for (var index = 0; index < prompts.Count; index++)
        {
            var item = new NewStudyItem(prompts[index], [.. columns.Select(column => column[index])]);
            await studies.AddItemAsync(Writer, job.StudyId, trained.Mark(item), job.Stop);
        }
    }

    private async Task<NewStudyResponse> AnswerAsync(StudyJob job, string model, string prompt, int index)
    {
        var sampling = job.Plan.Sampling with { Seed = job.Plan.Sampling.Seed + index };
        try
        {
            var answer = await AskAsync(job, model, prompt, sampling);
            job.Answered();
            Changes.Publish(job.StudyId);
            return new NewStudyResponse(model, answer.Text, answer.Fingerprint)
            {
                Reasoning = answer.Thought.Length > 0 ? answer.Thought : null,
                SettingsJson = new StudySampling(sampling, answer).ToJson(),
            };
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            throw new StudyGenerationException($"{model}, prompt {index + 1}: {e.Message}", e);
        }
    }

    private async Task<StudyAnswer> AskAsync(StudyJob job, string model, string prompt, ReplySettings sampling)
    {
        while (true)
        {
            try
            {
                return await answerer.AnswerAsync(model, prompt, sampling, job.Stop);
            }
            catch (ModelBusyException)
            {
                job.Wait();
                Changes.Publish(job.StudyId);
                await Task.Delay(BusyPause, time, job.Stop);
            }
        }
    }
}
