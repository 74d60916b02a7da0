namespace R1Lab.Web.Options;

/// <summary>The <c>Lab</c> section of <c>appsettings.json</c> (environment form: <c>Lab__DataFolder</c> and so on).</summary>
public sealed record LabOptions
{
    public const string Section = "Lab";

    public const string DatabaseName = "r1lab.db";

    /// <summary>Database, keys, uploads and run outputs. A relative path starts at the content root.</summary>
    public string DataFolder { get; set; } = "data";

    /// <summary>Folders scanned for Hugging Face model folders, beside <see cref="SamplesFolder"/>.</summary>
    public IList<string> ModelFolders { get; set; } = [];

    /// <summary>The demo model and its datasets, as shipped.</summary>
    public string SamplesFolder { get; set; } = "samples";

    /// <summary>
    /// Address to listen on when neither <c>ASPNETCORE_URLS</c> nor Kestrel's own section names one; several are separated by <c>;</c>.
    /// Without a scheme an address beyond this machine is served with HTTPS.
    /// </summary>
    public string Listen { get; set; } = "http://127.0.0.1:5199";

    /// <summary>Listen beyond this machine although no administrator exists yet.</summary>
    public bool AllowRemoteSetUp { get; set; }

    /// <summary>DNS names the lab answers to, beside this machine's own name and addresses.</summary>
    public IList<string> AllowedHosts { get; set; } = [];

    /// <summary>Addresses or networks of reverse proxies whose <c>X-Forwarded-For</c> and <c>X-Forwarded-Proto</c> are followed.</summary>
    public IList<string> Proxies { get; set; } = [];

    /// <summary>Runs that were under way when the program ended go on by themselves at the next start.</summary>
    public bool ResumeInterruptedRuns { get; set; } = true;

    /// <summary>Bytes of memory of the compute device that the lab plans with; null: all that the system gives it.</summary>
    public long? MemoryLimit { get; set; }

    public BootstrapOptions Bootstrap { get; set; } = new();

    public RateLimitOptions RateLimits { get; set; } = new();

    public ServingOptions Serving { get; set; } = new();

    public ConnectionOptions Connections { get; set; } = new();

    public UploadOptions Uploads { get; set; } = new();

    public HttpsOptions Https { get; set; } = new();

    public string DatabasePath => Path.Combine(DataFolder, DatabaseName);

    public string HttpsFolder => Path.Combine(DataFolder, "https");

    public string KeysFolder => Path.Combine(DataFolder, "keys");
}

/// <summary>For unattended installs: what would otherwise need the set-up page.</summary>
public sealed record BootstrapOptions
{
    /// <summary>A full-scope API key that is accepted as long as it stands here.</summary>
    public string? ApiKey { get; set; }
}

/// <summary>Requests per second that one key, user or address may make, and how many it may save up.</summary>
public sealed record RateLimitOptions
{
    public int PerSecond { get; set; } = 100;

    public int Burst { get; set; } = 1000;

    public int SignInsPerMinute { get; set; } = 30;
}

/// <summary>How many models and requests the lab takes at once.</summary>
public sealed record ServingOptions
{
    /// <summary>Base models in memory; adapters share their base and do not count.</summary>
    public int MostLoaded { get; set; } = 2;

    /// <summary>Requests that may wait for one base; one more is answered 429.</summary>
    public int MostWaiting { get; set; } = 64;
}
