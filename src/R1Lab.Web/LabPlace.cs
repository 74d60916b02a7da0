namespace R1Lab.Web;

/// <summary>
/// Where the program stands. A build output serves the repository's own <c>appsettings.json</c> and <c>wwwroot/</c> when started there
/// (<c>dotnet run</c> does that from anywhere); a published copy carries both beside the program and needs no working directory.
/// </summary>
public static class LabPlace
{
    private const string SettingsFile = "appsettings.json";

    public static WebApplicationOptions Options(string[] args) =>
        new() { Args = args, ApplicationName = typeof(LabPlace).Assembly.GetName().Name, ContentRootPath = ContentRoot() };

    private static string ContentRoot()
    {
        var here = Directory.GetCurrentDirectory();
        return IsBuildOutput && File.Exists(Path.Combine(here, SettingsFile)) && Directory.Exists(Path.Combine(here, "wwwroot"))
            ? here
            : AppContext.BaseDirectory;
    }

    // Only a build writes the map from web paths to the source files; a publish has copied them.
    private static bool IsBuildOutput => File.Exists(Path.Combine(AppContext.BaseDirectory, "R1Lab.Web.staticwebassets.runtime.json"));
}
