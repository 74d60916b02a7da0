using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;
using R1Lab.Data;
using R1Lab.Data.Access;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Tokenization.Unicode;
using R1Lab.Web.Access;
using R1Lab.Web.Https;
using R1Lab.Web.Options;
using R1Lab.Web.Storage;
using R1Lab.Web.Uploads;

namespace R1Lab.Web;

/// <summary>What happens once before the first request: folders, database, addresses, the set-up link.</summary>
public static class LabStart
{
    public static async Task PrepareLabAsync(this WebApplication app)
    {
        if (NormalFormCheck.Failure() is { } wrongText) throw new InvalidDataException(wrongText);
        var lab = app.Services.GetRequiredService<IOptions<LabOptions>>().Value;
        PrivateFiles.Prepare(lab.DataFolder);
        var folder = app.Services.GetRequiredService<FolderLock>();
        folder.Acquire(lab.DataFolder);
        PrivateFiles.TightenContents(lab);
        // What an import or a save left half written when the program was killed; no one writes there yet.
        DurableFolder.SweepTree(lab.DataFolder);
        await app.Services.GetRequiredService<LabDatabase>().MigrateAsync();
        Directory.CreateDirectory(lab.KeysFolder);
        await app.Services.GetRequiredService<UploadFolder>().RemoveLeftoversAsync(Actor.System("start"));
        var setUpToken = await app.Services.GetRequiredService<AccessStore>().IssueSetupTokenAsync(Actor.System("start"));
        var note = ChooseAddresses(app, lab, adminExists: setUpToken is null);
        OpenCertificates(app);
        app.Lifetime.ApplicationStarted.Register(() =>
        {
            folder.Describe(app.Urls);
            Announce(app, setUpToken, note);
        });
    }

    /// <summary>Why the program cannot start, when the reason is the user's to mend; null for faults of our own.</summary>
    public static string? Explain(Exception failure) => failure switch
    {
        OptionsValidationException settings => string.Join(Environment.NewLine, settings.Failures),
        NewerDatabaseException newer => newer.Message,
        DamagedDatabaseException damaged => damaged.Message,
        RecordConflictException taken => taken.Message,
        RecordNotFoundException missing => missing.Message,
        SqliteException database => $"The database cannot be opened: {database.Message}",
        CertificateException certificate => certificate.Message,
        UnauthorizedAccessException denied => denied.Message,
        InvalidDataException damaged => damaged.Message,
        IOException io => io.Message,
        _ => null,
    };

    // An unattended install has its key already; without admin and key the lab stays on this machine.
    private static string? ChooseAddresses(WebApplication app, LabOptions lab, bool adminExists)
    {
        var feature = ((IApplicationBuilder)app).ServerFeatures.Get<IServerAddressesFeature>();
        var mayOpen = adminExists || lab.AllowRemoteSetUp || !string.IsNullOrEmpty(lab.Bootstrap.ApiKey);
        var endpoints = app.Configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => endpoint["Url"]).OfType<string>().ToList();
        if (!mayOpen && endpoints.Find(url => !ListenAddresses.IsLoopback(url)) is { } open)
            throw new IOException($"Kestrel:Endpoints names {open}, but no administrator exists yet. Set one up on this machine first, or set Lab:AllowRemoteSetUp.");
        if (feature is null || endpoints.Count > 0) return null;

        var wanted = ListenAddresses.Wanted(app.Configuration, lab);
        var taken = mayOpen ? wanted : ListenAddresses.OnThisMachine(wanted);
        feature.Addresses.Clear();
        foreach (var address in taken) feature.Addresses.Add(address);
        return taken.SequenceEqual(wanted)
            ? null
            : $"Not listening on {string.Join(", ", wanted)} yet, because no administrator exists. Set one up on this machine and start again, or set Lab:AllowRemoteSetUp.";
    }

    // Before the first handshake, and before the user is told where the lab listens.
    private static void OpenCertificates(WebApplication app)
    {
        if (HttpsServices.IsConfiguredForKestrel(app.Configuration)) return;
        var endpoints = app.Configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => endpoint["Url"]).OfType<string>();
        if (app.Urls.Concat(endpoints).Any(address => address.StartsWith("https:", StringComparison.OrdinalIgnoreCase)))
            app.Services.GetRequiredService<LabCertificates>().Open();
    }

    private static void Announce(WebApplication app, string? setUpToken, string? note)
    {
        var addresses = app.Urls.Select(Reachable).ToList();
        Console.WriteLine($"R1Lab is listening on {string.Join(", ", addresses)}");
        if (note is not null) Console.WriteLine(note);
        if (app.Services.GetRequiredService<LabCertificates>().AuthorityFingerprint is { } fingerprint)
            Console.WriteLine($"HTTPS uses the lab's own certificate authority; {CertificatePaths.Trust} says how computers come to trust it. Its SHA-256 fingerprint: {fingerprint}");
        if (app.Urls.FirstOrDefault(IsOpenAndPlain) is { } plain)
            Console.WriteLine($"{plain} is plain HTTP: passwords and data can be read on the network. An https:// address in Lab:Listen prevents that.");
        if (setUpToken is not null && addresses.Count > 0)
            Console.WriteLine($"Create the first administrator with this one-time link: {addresses[0]}{AccountPaths.SetUp}?token={setUpToken}");
    }

    private static bool IsOpenAndPlain(string address) => address.StartsWith("http:", StringComparison.OrdinalIgnoreCase) && !ListenAddresses.IsLoopback(address);

    // What a browser on this machine can open: 0.0.0.0, * and + are no host names.
    private static string Reachable(string address)
    {
        var binding = BindingAddress.Parse(address);
        var host = binding.Host is "*" or "+" or "0.0.0.0" or "[::]" ? "127.0.0.1" : binding.Host;
        return binding.IsUnixPipe ? address : $"{binding.Scheme}://{host}:{binding.Port}";
    }
}
