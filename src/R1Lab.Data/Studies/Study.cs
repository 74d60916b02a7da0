namespace R1Lab.Data.Studies;

/// <summary>
/// A blind rating study: raters score answers of several models to the same prompts, without model names. Reasoning is hidden unless
/// asked for, because its style gives models away.
/// </summary>
public sealed class Study
{
    public int Id { get; set; }

    public required string Name { get; set; }

    /// <summary>The language raters see criteria and labels in: zh-CN or en; null lets each rater's own decide.</summary>
    public string? Language { get; set; }

    public string GuidelinesMarkdown { get; set; } = "";

    public bool ShowReasoning { get; set; }

    /// <summary>How many raters each item gets.</summary>
    public int Overlap { get; set; }

    /// <summary>Every order and choice in the study follows from it.</summary>
    public int Seed { get; set; }

    public StudyStatus Status { get; set; }

    /// <summary>The comparison the study is made for, fixed from the first rating on; null when none was chosen.</summary>
    public PrimaryComparison? Primary { get; set; }

    public string? OwnerId { get; set; }

    public string? OwnerName { get; set; }

    public DateTimeOffset CreatedAt { get; set; }
}

public enum StudyStatus
{
    /// <summary>Items are still being added; raters do not see it.</summary>
    Draft,
    Open,
    Closed,
}

/// <summary>One question about an answer, on five labelled points.</summary>
public sealed class Criterion
{
    public int Id { get; set; }

    public int StudyId { get; set; }

    public int Position { get; set; }

    /// <summary>A stable word such as <c>relevance</c>.</summary>
    public required string Key { get; set; }

    public required string NameZh { get; set; }

    public required string NameEn { get; set; }

    public double Weight { get; set; } = 1;

    public bool Required { get; set; } = true;

    /// <summary>Whether "cannot judge" is offered.</summary>
    public bool AllowNotApplicable { get; set; } = true;

    /// <summary>The texts of the points 1 to 5.</summary>
    public required IReadOnlyList<Anchor> Anchors { get; set; }

    public string Name(string? language) => StudyLanguages.IsChinese(language) ? NameZh : NameEn;
}

/// <summary>What a point of the scale means.</summary>
public sealed record Anchor(string Zh, string En)
{
    public string Text(string? language) => StudyLanguages.IsChinese(language) ? Zh : En;
}

/// <summary>A prompt with the answers to it.</summary>
public sealed class StudyItem
{
    public int Id { get; set; }

    public int StudyId { get; set; }

    public int Position { get; set; }

    public required string Prompt { get; set; }

    public List<StudyResponse> Responses { get; } = [];
}

/// <summary>One model's answer, with what made it.</summary>
public sealed class StudyResponse
{
    public int Id { get; set; }

    public int ItemId { get; set; }

    public int Position { get; set; }

    public required string ModelName { get; set; }

    public required string Text { get; set; }

    public string? Reasoning { get; set; }

    /// <summary>Of the weights that answered.</summary>
    public required string Fingerprint { get; set; }

    public int? RunId { get; set; }

    public string? SettingsJson { get; set; }

    /// <summary>Whether the model was trained on the prompt, as found when the study was made; null when that is not known.</summary>
    public bool? TrainedOn { get; set; }
}

/// <summary>An item in the hands of a rater.</summary>
public sealed class Assignment
{
    public int Id { get; set; }

    public int StudyId { get; set; }

    public int ItemId { get; set; }

    public required string RaterId { get; set; }

    public required string RaterName { get; set; }

    public AssignmentState State { get; set; }

    public int Seed { get; set; }

    /// <summary>Response ids in the order shown.</summary>
    public required IReadOnlyList<int> Order { get; set; }

    public DateTimeOffset ShownAt { get; set; }

    /// <summary>Until then nobody else is given the place this rater holds.</summary>
    public DateTimeOffset LeaseUntil { get; set; }

    /// <summary>What is entered and not submitted. Beside a submission it is a revision in the making, which does not count yet.</summary>
    public string? DraftJson { get; set; }

    /// <summary>The tab that last wrote, and the number it gave its form (see <see cref="EntryStamp"/>).</summary>
    public string? EntryClient { get; set; }

    public long EntrySequence { get; set; }

    public DateTimeOffset? EntryAt { get; set; }

    /// <summary>How often it was submitted; see <see cref="RatingRevision"/>.</summary>
    public int Revision { get; set; }

    public string? Comment { get; set; }

    public DateTimeOffset? SubmittedAt { get; set; }

    public SkipReason? SkipReason { get; set; }

    public string? SkipNote { get; set; }
}

public enum AssignmentState
{
    Pending,
    Draft,
    Submitted,
    Skipped,
}

/// <summary>One rater's score of one answer on one criterion: 1 to 5, or "cannot judge".</summary>
public sealed class Score
{
    public int Id { get; set; }

    public int AssignmentId { get; set; }

    public int ResponseId { get; set; }

    public int CriterionId { get; set; }

    public int? Value { get; set; }

    public bool IsNotApplicable { get; set; }

    public DateTimeOffset At { get; set; }
}
