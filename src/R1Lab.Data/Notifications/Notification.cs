namespace R1Lab.Data.Notifications;

/// <summary>Tells one person that work ended, or waits, while they may have been elsewhere.</summary>
public sealed class Notification
{
    public int Id { get; set; }

    public required string UserId { get; set; }

    public DateTimeOffset At { get; set; }

    /// <summary>One of <see cref="NotificationKinds"/>; used to translate the message.</summary>
    public required string Kind { get; set; }

    /// <summary>The name of the run, study or dataset when it happened.</summary>
    public required string Subject { get; set; }

    /// <summary>The page that shows it, relative to the lab's address.</summary>
    public required string Address { get; set; }

    public bool IsRead { get; set; }
}

/// <summary>What people are notified of.</summary>
public static class NotificationKinds
{
    public const string RunFinished = "run_finished";
    public const string RunFailed = "run_failed";
    public const string RunPaused = "run_paused";
    public const string StudyReady = "study_ready";
    public const string StudyFailed = "study_failed";
    public const string RatingWaits = "rating_waits";
    public const string ImportFinished = "import_finished";

    public static IReadOnlyList<string> All { get; } = [RunFinished, RunFailed, RunPaused, StudyReady, StudyFailed, RatingWaits, ImportFinished];
}

/// <summary>The newest notifications of a person, and how many of all kept ones are unread.</summary>
public sealed record NotificationList(IReadOnlyList<Notification> Newest, int Unread);
