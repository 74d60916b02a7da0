namespace R1Lab.Data.Models;

/// <summary>A model behind an HTTP endpoint that speaks OpenAI's chat completions.</summary>
public sealed class RemoteEndpoint
{
    public int Id { get; set; }

    /// <summary>Unique among endpoints and registered models; what people and the API ask for.</summary>
    public required string Name { get; set; }

    /// <summary>Where its API begins, for example <c>https://api.example.org/v1</c>; no slash at the end.</summary>
    public required string Address { get; set; }

    /// <summary>What the endpoint calls the model.</summary>
    public required string Model { get; set; }

    /// <summary>The key, encrypted by the web room; null for none.</summary>
    public string? ProtectedKey { get; set; }

    /// <summary>Whether its address may belong to this machine or its own network.</summary>
    public bool AllowsPrivate { get; set; }

    /// <summary>Requests that the lab sends it at one time.</summary>
    public int MostRequests { get; set; }

    /// <summary>Counts the edits.</summary>
    public int Version { get; set; }

    /// <summary>Who added it.</summary>
    public string? OwnerId { get; set; }

    public string? OwnerName { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset ChangedAt { get; set; }

    /// <summary>When it was asked last whether it works; null since an edit.</summary>
    public DateTimeOffset? CheckedAt { get; set; }

    /// <summary>What was wrong then, as the code of a fault; null: nothing.</summary>
    public string? CheckFault { get; set; }

    /// <summary>The fault's arguments, a JSON list of texts.</summary>
    public string? CheckArguments { get; set; }

    /// <summary>Most tokens of prompt and answer together, as far as the endpoint says.</summary>
    public int? MaxLength { get; set; }

    /// <summary>Whether an edit keeps the key and changes the server that it is sent to: refused, so that a stored key cannot be read that way.</summary>
    public bool WouldSendKeyElsewhere(EndpointEdit wanted) => ProtectedKey is not null && !wanted.Key.IsChanged
        && new Uri(Address).GetLeftPart(UriPartial.Authority) != new Uri(wanted.Address).GetLeftPart(UriPartial.Authority);
}

/// <summary>What an administrator decides about an endpoint.</summary>
/// <param name="Key">What becomes of its key.</param>
public sealed record EndpointEdit(string Name, string Address, string Model, bool AllowsPrivate, int MostRequests, KeyChange Key);

/// <summary>What becomes of a stored key.</summary>
/// <param name="IsChanged">False keeps the one that is stored.</param>
/// <param name="ProtectedKey">The new one, encrypted; null removes it.</param>
public readonly record struct KeyChange(bool IsChanged, string? ProtectedKey)
{
    public static KeyChange Keep => default;

    public static KeyChange Remove => new(true, null);

    public static KeyChange Replace(string protectedKey) => new(true, protectedKey);
}

/// <summary>What a check found.</summary>
/// <param name="Fault">The code of what is wrong; null: it works.</param>
/// <param name="Arguments">The fault's arguments, a JSON list of texts.</param>
/// <param name="MaxLength">Most tokens of prompt and answer together; null where the endpoint does not say.</param>
public sealed record EndpointCheck(string? Fault, string? Arguments, int? MaxLength);
