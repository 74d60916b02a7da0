namespace R1Lab.Data.Access;

/// <summary>A secret that a rotation replaced. It works until <see cref="EndsAt"/>, so that programs can change over one by one.</summary>
public sealed class EarlierSecret
{
    public int Id { get; set; }

    public int ApiKeyId { get; set; }

    public required string Prefix { get; set; }

    public required string Sha256 { get; set; }

    public DateTimeOffset EndsAt { get; set; }

    public DateTimeOffset? LastUsedAt { get; set; }
}

/// <summary>A key in use, with the one of its secrets that was shown.</summary>
/// <param name="Key">The key.</param>
/// <param name="Sha256">The secret, as the database knows it.</param>
public sealed record UsedKey(ApiKey Key, string Sha256);
