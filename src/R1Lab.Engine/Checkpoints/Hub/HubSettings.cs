namespace R1Lab.Engine.Checkpoints;

/// <summary>Where the hub and its cache are; from the variables Hugging Face's own tools read.</summary>
public sealed record HubSettings
{
    public const string DefaultEndpoint = "https://huggingface.co";

    private const int RetryLimit = 5;

    /// <summary>Address of the hub or of a mirror, without a slash at its end.</summary>
    public string Endpoint { get; init; } = DefaultEndpoint;

    /// <summary>Further endpoints, asked in order when the first does not answer. The token is never sent to them.</summary>
    public IReadOnlyList<string> Mirrors { get; init; } = [];

    /// <summary>The cache folder, in the layout of Hugging Face's tools.</summary>
    public required string CacheFolder { get; init; }

    /// <summary>Sent to the host of <see cref="Endpoint"/> only.</summary>
    public string? Token { get; init; }

    /// <summary>A token file that is there but cannot be read: requests go without it. Null: none.</summary>
    public string? UnreadableToken { get; init; }

    /// <summary>No request at all; only the cache is used.</summary>
    public bool Offline { get; init; }

    /// <summary>Copies instead of links in the cache.</summary>
    public bool DisableSymlinks { get; init; }

    /// <summary>How long lists and file descriptions may take.</summary>
    public TimeSpan EtagTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a download may stand still.</summary>
    public TimeSpan DownloadTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Failures in a row before a download is given up; counted anew whenever more bytes than ever before have arrived.</summary>
    public int Retries { get; init; } = RetryLimit;

    /// <summary>Wait before the first retry; doubled each time, 8 s at most.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Reads the environment.</summary>
    /// <param name="read">Gives a variable's value; null reads the process's own.</param>
    public static HubSettings FromEnvironment(Func<string, string?>? read = null)
    {
        var variable = read ?? Environment.GetEnvironmentVariable;
        string? Text(string name) => variable(name)?.Trim() is { Length: > 0 } value ? value : null;
        bool Flag(string name) => Text(name)?.ToUpperInvariant() is "1" or "ON" or "YES" or "TRUE";
        TimeSpan Seconds(string name) => double.TryParse(Text(name), System.Globalization.CultureInfo.InvariantCulture, out var s) && s is > 0 and < 86_400 ? TimeSpan.FromSeconds(s) : TimeSpan.FromSeconds(10);
        var user = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify); // by default an absent home is ""
        string Expand(string path) => path == "~" || path.StartsWith("~/", StringComparison.Ordinal) ? user + path[1..] : path;
        var home = Expand(Text("HF_HOME") ?? Path.Combine(Text("XDG_CACHE_HOME") ?? Path.Combine(user, ".cache"), "huggingface"));
        var (token, unreadable) = Text("HF_TOKEN") is { } given ? (given, null) : ReadToken(Expand(Text("HF_TOKEN_PATH") ?? Path.Combine(home, "token")));
        return new HubSettings
        {
            Endpoint = (Text("HF_ENDPOINT") ?? DefaultEndpoint).TrimEnd('/'),
            CacheFolder = Expand(Text("HF_HUB_CACHE") ?? Path.Combine(home, "hub")),
            Token = token,
            UnreadableToken = unreadable,
            Offline = Flag("HF_HUB_OFFLINE") || Flag("TRANSFORMERS_OFFLINE"),
            DisableSymlinks = Flag("HF_HUB_DISABLE_SYMLINKS"),
            EtagTimeout = Seconds("HF_HUB_ETAG_TIMEOUT"),
            DownloadTimeout = Seconds("HF_HUB_DOWNLOAD_TIMEOUT"),
        };
    }

    /// <summary>What is wrong with the settings, in the user's words.</summary>
    public IEnumerable<Problem> Problems()
    {
        if (UnreadableToken is not null)
            yield return new Problem("hub_token_unreadable", "HF_TOKEN_PATH", ProblemSeverity.Warning, $"The token file {UnreadableToken} cannot be read; requests are made without a token.", UnreadableToken);
        foreach (var address in Mirrors.Prepend(Endpoint))
        {
            if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.UserInfo.Length > 0 || uri.Query.Length > 0)
                yield return new Problem("hub_endpoint_invalid", "HF_ENDPOINT", ProblemSeverity.Error, $"{address} is not the address of a model hub: it must be http:// or https://, a host and no more.", address);
            else if (uri.Scheme == "http" && Token is not null && address == Endpoint && !uri.IsLoopback)
                yield return new Problem("hub_token_unencrypted", "HF_ENDPOINT", ProblemSeverity.Warning, $"The token is sent to {address} unencrypted.", address);
        }
    }

    /// <summary>Never shows the token.</summary>
    public override string ToString() => $"{Endpoint} -> {CacheFolder}{(Offline ? " (offline)" : "")}";

    private static (string? Token, string? Unreadable) ReadToken(string path)
    {
        try
        {
            return (File.Exists(path) && File.ReadAllText(path).Trim() is { Length: > 0 } token ? token : null, null);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, path);
        }
    }
}
