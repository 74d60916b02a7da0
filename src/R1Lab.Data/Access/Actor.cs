namespace R1Lab.Data.Access;

/// <summary>
/// Who changes something, with the rights that account and session had a moment ago. Every state-changing verb takes one first. The web room
/// gets it from its live session at the moment of the action; it is never kept for a later one.
/// </summary>
public sealed class Actor
{
    private readonly IReadOnlySet<LabRight> _rights;

    private Actor(string? id, string name, IEnumerable<string> roles)
    {
        (Id, Name) = (id, name);
        _rights = roles.SelectMany(LabRights.Of).ToHashSet();
    }

    /// <summary>Owns what it creates: a user's id, or <c>key 7</c> for a key without an owner. Null for the lab itself.</summary>
    public string? Id { get; }

    /// <summary>For lists and the audit log.</summary>
    public string Name { get; }

    /// <summary>The API key in use.</summary>
    public int? KeyId { get; private init; }

    /// <summary>The sign-in it acts in.</summary>
    public string? Session { get; private init; }

    /// <summary>Where the request comes from.</summary>
    public string? Address { get; private init; }

    /// <summary>Background work of the lab: it may do everything, also in somebody's name.</summary>
    public bool IsSystem { get; private init; }

    public bool IsAdmin => Has(LabRight.Administer);

    public bool Has(LabRight right) => IsSystem || _rights.Contains(right);

    /// <summary>Whether something with this owner may be changed: by its owner and by administrators; what has no owner, by administrators only.</summary>
    public bool MayChange(string? ownerId) => IsSystem || IsAdmin || (Has(LabRight.Train) && Id is not null && Id == ownerId);

    /// <exception cref="NotAllowedException">The actor does not have the right.</exception>
    public void Demand(LabRight right)
    {
        if (!Has(right)) throw new NotAllowedException(Denial(right));
    }

    /// <param name="what">The object in words, for example <c>dataset 3</c>.</param>
    /// <exception cref="NotAllowedException">It belongs to somebody else.</exception>
    public void DemandOwner(string what, string? ownerId, string? ownerName)
    {
        Demand(LabRight.Train);
        if (MayChange(ownerId)) return;
        var owner = ownerName is { Length: > 0 } ? $"belongs to {ownerName}" : "belongs to no one";
        throw new NotAllowedException($"The {what} {owner}; only its owner and administrators may change it.");
    }

    /// <summary>The id under which this actor rates, chats or keeps other things of its own.</summary>
    /// <exception cref="NotAllowedException">The lab itself owns nothing.</exception>
    public string DemandId() => Id ?? throw new NotAllowedException("Only a person or a key may do that.");

    /// <summary>Background work, with the reason that the audit log shows.</summary>
    public static Actor System(string reason) => new(null, $"system: {reason}", []) { IsSystem = true };

    /// <summary>What the live session found; guarded by a layering test.</summary>
    internal static Actor Of(string? id, string name, IEnumerable<string> roles, int? keyId = null, string? session = null, string? address = null) =>
        new(id, name, roles) { KeyId = keyId, Session = session, Address = address };

    internal static string Denial(LabRight right) => right switch
    {
        LabRight.Administer => "Only administrators may do that.",
        LabRight.Train => "Only trainers and administrators may do that.",
        LabRight.View => "Only viewers, trainers and administrators may do that.",
        LabRight.Rate => "Only raters, trainers and administrators may do that.",
        _ => "Only trainers and administrators, and keys for generation, may do that.",
    };

    /// <summary>An entry of the audit log in this actor's name.</summary>
    internal AuditEntry Did(DateTimeOffset at, string action, string? subject, string? detail) => new()
    {
        At = at,
        ActorId = Id,
        ActorName = KeyId is { } key ? $"{Name} (key {key})" : Name,
        Action = action,
        Subject = subject,
        Detail = detail,
        Address = Address,
    };
}
