namespace R1Lab.Data.Access;

/// <summary>Who did what to what, when and from where.</summary>
public sealed class AuditEntry
{
    public int Id { get; set; }

    public DateTimeOffset At { get; set; }

    public string? ActorId { get; set; }

    public string? ActorName { get; set; }

    /// <summary>A dotted word, for example <c>run.start</c>, <c>key.revoke</c>, <c>dataset.export</c>.</summary>
    public required string Action { get; set; }

    /// <summary>What it was done to, for example <c>run 12</c>.</summary>
    public string? Subject { get; set; }

    public string? Detail { get; set; }

    public string? Address { get; set; }
}

/// <summary>One value the admin set, by its name.</summary>
public sealed class StoredSetting
{
    public required string Key { get; set; }

    public required string Value { get; set; }
}
