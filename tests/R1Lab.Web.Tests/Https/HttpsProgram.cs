using R1Lab.Tests.Shared;

namespace R1Lab.Web.Tests.Https;

/// <summary>The program with plain HTTP and HTTPS on 127.0.0.1 and its own authority, started once for a class of tests.</summary>
public sealed class HttpsProgram : IAsyncLifetime
{
    public BuiltProgram Program { get; private set; } = default!;

    public async ValueTask InitializeAsync() => Program = await StartAsync([]);

    public ValueTask DisposeAsync() => Program.DisposeAsync();

    /// <summary>Another one with settings of its own, as environment variables.</summary>
    public static Task<BuiltProgram> StartAsync(Dictionary<string, string> settings)
    {
        settings["ASPNETCORE_URLS"] = "http://127.0.0.1:0;https://127.0.0.1:0";
        return BuiltProgram.StartAsync(BuiltProgram.Path, ReferenceFiles.Repository, settings);
    }
}
