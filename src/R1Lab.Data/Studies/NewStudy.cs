namespace R1Lab.Data.Studies;

/// <summary>A study to create. Items may be added later while it is a draft.</summary>
public sealed record NewStudy(string Name)
{
    public IReadOnlyList<Criterion> Criteria { get; init; } = StandardCriteria.All();

    public IReadOnlyList<NewStudyItem> Items { get; init; } = [];

    public string? Language { get; init; }

    public string GuidelinesMarkdown { get; init; } = "";

    public bool ShowReasoning { get; init; }

    public int Overlap { get; init; } = 3;

    /// <summary>The comparison the study is made for; all comparisons stand side by side when null.</summary>
    public PrimaryComparison? Primary { get; init; }

    /// <summary>Chosen at random when null.</summary>
    public int? Seed { get; init; }

    public StudyStatus Status { get; init; } = StudyStatus.Open;

    public string? OwnerId { get; init; }

    public string? OwnerName { get; init; }
}

public sealed record NewStudyItem(string Prompt, IReadOnlyList<NewStudyResponse> Responses);

public sealed record NewStudyResponse(string ModelName, string Text, string Fingerprint)
{
    public string? Reasoning { get; init; }

    public int? RunId { get; init; }

    public string? SettingsJson { get; init; }

    /// <summary>Whether the model was trained on the prompt (see <see cref="TrainingHistory"/>); null when that is not known.</summary>
    public bool? TrainedOn { get; init; }
}

/// <summary>A study as lists show it to those who may see all.</summary>
public sealed record StudySummary(Study Study, int Items, int Submitted, int Raters)
{
    /// <summary>How many submissions complete the study.</summary>
    public int Wanted => Items * Study.Overlap;
}

/// <summary>A study with all it holds, model names included: never for raters.</summary>
public sealed record StudyContents(Study Study, IReadOnlyList<Criterion> Criteria, IReadOnlyList<StudyItem> Items);
