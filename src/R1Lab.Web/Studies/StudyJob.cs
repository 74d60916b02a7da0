namespace R1Lab.Web.Studies;

/// <summary>The writing of one study's answers while it goes on.</summary>
internal sealed class StudyJob(int studyId, StudyPlan plan, int promptsDone, TimeProvider time) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly long _began = time.GetTimestamp();
    private readonly int _doneBefore = promptsDone * plan.Models.Count;
    private readonly CancellationTokenSource _stop = new();
    private StudyProgress _progress = new(StudyProgressState.Running, promptsDone * plan.Models.Count, plan.Prompts.Count * plan.Models.Count);

    public int StudyId => studyId;

    public StudyPlan Plan => plan;

    /// <summary>Prompts whose answers are stored already.</summary>
    public int PromptsDone => promptsDone;

    public CancellationToken Stop => _stop.Token;

    public Task Work { get; set; } = Task.CompletedTask;

    public StudyProgress Progress
    {
        get
        {
            lock (_lock) return _progress;
        }
    }

    public Task CancelAsync() => _stop.CancelAsync();

    public void Wait() => Change(progress => progress with { State = StudyProgressState.WaitingForMemory });

    public void Answered() => Change(progress =>
    {
        var done = progress.Done + 1;
        var each = time.GetElapsedTime(_began).TotalSeconds / (done - _doneBefore);
        return progress with { State = StudyProgressState.Running, Done = done, SecondsLeft = each * (progress.Total - done) };
    });

    public void End(StudyProgressState state, string? failure = null) =>
        Change(progress => progress with { State = state, Failure = failure, SecondsLeft = null });

    public void Dispose() => _stop.Dispose();

    private void Change(Func<StudyProgress, StudyProgress> change)
    {
        lock (_lock) _progress = change(_progress);
    }
}
