namespace R1Lab.Web.Studies;

public enum StudyProgressState { Running, WaitingForMemory, Finished, Cancelled, Failed }

/// <summary>How far the answers of a study are written.</summary>
/// <param name="Done">Answers written.</param>
/// <param name="Total">Answers wanted: prompts times models.</param>
/// <param name="SecondsLeft">Estimate; null before the first answer.</param>
public sealed record StudyProgress(StudyProgressState State, int Done, int Total, double? SecondsLeft = null)
{
    /// <summary>Model, prompt and reason, when it failed.</summary>
    public string? Failure { get; init; }

    public bool IsRunning => State is StudyProgressState.Running or StudyProgressState.WaitingForMemory;
}
