namespace R1Lab.Data.Conversations;

/// <summary>A chat of one person with one or several models side by side.</summary>
public sealed class Conversation
{
    public int Id { get; set; }

    public required string OwnerId { get; set; }

    public required string Title { get; set; }

    public string? SystemPrompt { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset ChangedAt { get; set; }

    /// <summary>In order; filled by <see cref="ConversationStore.GetAsync"/> only.</summary>
    public List<ConversationTurn> Turns { get; } = [];
}

/// <summary>One message. Answers carry what made them.</summary>
public sealed class ConversationTurn
{
    public int Id { get; set; }

    public int ConversationId { get; set; }

    /// <summary>0, 1, 2 ...; the answers of a comparison share one position and differ by <see cref="Column"/>.</summary>
    public int Position { get; set; }

    public int Column { get; set; }

    /// <summary>system, user or assistant.</summary>
    public required string Role { get; set; }

    public required string Content { get; set; }

    public string? Reasoning { get; set; }

    public string? ModelName { get; set; }

    /// <summary>Of the weights that answered: base, adapter, quantisation and template.</summary>
    public string? Fingerprint { get; set; }

    /// <summary>What a remote endpoint said of itself in place of a <see cref="Fingerprint"/>; it cannot be verified.</summary>
    public string? Reported { get; set; }

    public string? SettingsJson { get; set; }

    public string? FinishReason { get; set; }

    public int? PromptTokens { get; set; }

    public int? CompletionTokens { get; set; }

    public double? Seconds { get; set; }

    public DateTimeOffset CreatedAt { get; set; }
}
