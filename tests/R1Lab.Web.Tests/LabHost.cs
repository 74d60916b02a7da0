using System.Net.Http.Headers;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;

namespace R1Lab.Web.Tests;

/// <summary>The whole program on a data folder of its own, in this process. Settings are given as on the command line.</summary>
public sealed class LabHost : WebApplicationFactory<Program>
{
    public const string BootstrapKey = "r1l_key-of-the-tests-0123456789";

    private readonly Dictionary<string, string> _settings;
    private readonly Action<IServiceCollection>? _services;

    public LabHost() : this([], null)
    {
    }

    private LabHost(Dictionary<string, string> settings, Action<IServiceCollection>? services) =>
        (_settings, _services) = (settings, services);

    public TemporaryFolder Folder { get; } = new();

    /// <summary>
    /// A lab with other settings or services. <c>WithWebHostBuilder</c> would start a second program on the same data folder,
    /// which the folder's lock refuses.
    /// </summary>
    public static LabHost With(Dictionary<string, string> settings, Action<IServiceCollection>? services = null) => new(settings, services);

    /// <summary>A client that shows the bootstrap key.</summary>
    public HttpClient ApiClient()
    {
        var client = CreateClient();
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", BootstrapKey);
        return client;
    }

    /// <summary>A client that keeps cookies and shows redirects instead of following them.</summary>
    public HttpClient Browser() => CreateClient(new WebApplicationFactoryClientOptions { AllowAutoRedirect = false, HandleCookies = true });

    public T Get<T>() where T : notnull => Services.GetRequiredService<T>();

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        builder.UseSetting("Lab:DataFolder", Folder.Path).UseSetting("Lab:Bootstrap:ApiKey", BootstrapKey);
        builder.UseSetting("Logging:LogLevel:Default", "Warning").UseSetting("Logging:LogLevel:Microsoft.Hosting", "Warning").UseSetting("Logging:LogLevel:Microsoft.AspNetCore.DataProtection", "Error");
        // The test server has no limit of the body size to set, which each request would log.
        builder.UseSetting("Logging:LogLevel:Microsoft.AspNetCore.Routing", "Error");
        foreach (var (key, value) in _settings) builder.UseSetting(key, value);
        if (_services is not null) builder.ConfigureTestServices(_services);
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (disposing) Folder.Dispose();
    }
}
