namespace R1Lab.Web.Components.Pages.Datasets;

/// <summary>A file as the browser's script sees it.</summary>
public sealed record ChosenFile(string Name, long Size);

/// <summary>How an upload ended; nothing is set when it was cancelled.</summary>
/// <param name="Id">The upload; null when it failed.</param>
/// <param name="Problem">Why it failed: a key of the import dialog's texts.</param>
/// <param name="Reason">The lab's own words where it refused.</param>
public sealed record SentFile(string? Id, string? Problem, string? Reason);
