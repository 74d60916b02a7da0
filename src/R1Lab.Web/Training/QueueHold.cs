namespace R1Lab.Web.Training;

/// <summary>No waiting run is started until somebody says go on.</summary>
/// <param name="By">Who held the queue; null when a failed run did.</param>
/// <param name="AfterRun">Number of the run that failed; null when a person held the queue.</param>
/// <param name="AfterRunName">Its name.</param>
public sealed record QueueHold(string? By, int? AfterRun, string? AfterRunName, DateTimeOffset Since);
