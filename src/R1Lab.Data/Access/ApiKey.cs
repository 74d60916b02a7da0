namespace R1Lab.Data.Access;

/// <summary>A key for the HTTP API. The key itself is shown once and never stored.</summary>
public sealed class ApiKey
{
    /// <summary>How long before its end a key counts as expiring.</summary>
    public static readonly TimeSpan Notice = TimeSpan.FromDays(14);

    public int Id { get; set; }

    public required string Name { get; set; }

    /// <summary>The first characters, enough for a person to tell keys apart.</summary>
    public required string Prefix { get; set; }

    /// <summary>Lower-case hex of the SHA-256 of the whole key.</summary>
    public required string Sha256 { get; set; }

    /// <summary>Words of <see cref="ApiScopes"/> with a space between.</summary>
    public required string Scopes { get; set; }

    public DateTimeOffset CreatedAt { get; set; }

    public DateTimeOffset? ExpiresAt { get; set; }

    /// <summary>Last use of the present secret; earlier ones keep their own.</summary>
    public DateTimeOffset? LastUsedAt { get; set; }

    public DateTimeOffset? RevokedAt { get; set; }

    /// <summary>Secrets that a rotation replaced, with the time each one ends.</summary>
    public List<EarlierSecret> Earlier { get; } = [];

    public string? OwnerId { get; set; }

    public KeyState StateAt(DateTimeOffset now) =>
        RevokedAt is not null ? KeyState.Revoked
        : ExpiresAt is not { } end ? KeyState.Live
        : end <= now ? KeyState.Expired
        : end - now <= Notice ? KeyState.Expiring
        : KeyState.Live;

    public bool HasScope(string scope) => Scopes.Split(' ').Any(granted => granted == ApiScopes.All || granted == scope);
}

public enum KeyState
{
    Live,

    /// <summary>Works, and ends within <see cref="ApiKey.Notice"/>.</summary>
    Expiring,

    Expired,
    Revoked,
}

public static class ApiScopes
{
    public const string All = "*";

    /// <summary>Completions, tokenizing, listing models to serve.</summary>
    public const string Generate = "generate";

    /// <summary>Reading datasets, runs, models and results.</summary>
    public const string Read = "read";

    /// <summary>Creating and changing datasets, runs, models and studies.</summary>
    public const string Write = "write";

    /// <summary>Fetching and answering rating tasks.</summary>
    public const string Rate = "rate";

    private static readonly Dictionary<string, string> RoleOf = new()
    {
        [All] = LabRoles.Admin,
        [Write] = LabRoles.Trainer,
        [Read] = LabRoles.Viewer,
        [Rate] = LabRoles.Rater,
        [Generate] = LabRoles.Generate,
    };

    /// <summary>Every scope a key can be given, the widest first.</summary>
    public static IReadOnlyList<string> Every { get; } = [.. RoleOf.Keys];

    public static IEnumerable<string> RolesOf(string scopes) => scopes.Split(' ').Where(RoleOf.ContainsKey).Select(scope => RoleOf[scope]);
}

/// <summary>A new key with the secret that is shown this once.</summary>
public sealed record IssuedApiKey(ApiKey Key, string Secret);

/// <summary>The one-time right to create the first admin; only its hash is kept.</summary>
public sealed class SetupToken
{
    public const int OnlyId = 1;

    public int Id { get; set; } = OnlyId;

    public required string Sha256 { get; set; }

    public DateTimeOffset CreatedAt { get; set; }
}

public enum FirstAdminOutcome
{
    Created,
    WrongToken,
    AlreadySetUp,
}
