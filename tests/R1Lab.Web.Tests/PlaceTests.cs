using System.Diagnostics;
using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using R1Lab.Tests.Shared;

namespace R1Lab.Web.Tests;

/// <summary>appsettings.json and wwwroot/ stand at the repository root; settings, pages and all assets must answer however the program is started.</summary>
public sealed class PlaceTests
{
    private const string ProgramName = "R1Lab.Web";

    private static readonly string[] Assets =
    [
        "/css/lab.css", "/js/lab.js", "/js/theme.js", "/js/boot.js", "/favicon.svg", "/_framework/blazor.web.js",
        "/_content/MudBlazor/MudBlazor.min.css", "/_content/MudBlazor/MudBlazor.min.js",
        "/_content/Plotly.Blazor/plotly-basic-3.7.0.min.js", "/_content/Plotly.Blazor/plotly-interop-7.2.0.js",
    ];

    [Fact]
    public async Task TestHost_Answers_WithAllAssets()
    {
        using var lab = new LabHost();

        var missing = await MissingAsync(lab.CreateClient());

        Assert.Empty(missing);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Build_StartedAtTheRepositoryOrElsewhere_AnswersWithAllAssets(bool atRepository)
    {
        using var elsewhere = new TemporaryFolder();
        await using var program = await BuiltProgram.StartAsync(BuiltProgram.Path, atRepository ? ReferenceFiles.Repository : elsewhere.Path);

        var missing = await MissingAsync(program.Client);

        Assert.Empty(missing);
    }

    [Fact]
    public async Task Publish_CopiedElsewhere_AnswersWithAllAssets()
    {
        using var published = new TemporaryFolder();
        using var elsewhere = new TemporaryFolder();
        await PublishAsync(published.Path);
        await using var program = await BuiltProgram.StartAsync(Path.Combine(published.Path, ProgramName), elsewhere.Path);

        var missing = await MissingAsync(program.Client);

        Assert.Empty(missing);
        Assert.True(File.Exists(Path.Combine(published.Path, "appsettings.json")));
        Assert.Empty(await UnnamedPackagesAsync(Path.Combine(published.Path, "THIRD-PARTY-NOTICES.txt")));
    }

    [Fact]
    public async Task Development_StyleSheet_ComesFromTheRepositoryItself()
    {
        var source = Path.Combine(ReferenceFiles.Repository, "wwwroot", "css", "lab.css");
        await using var program = await BuiltProgram.StartAsync(BuiltProgram.Path, ReferenceFiles.Repository, new() { ["ASPNETCORE_ENVIRONMENT"] = "Development" });

        var shown = await program.Client.GetStringAsync(new Uri("/css/lab.css", UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.Equal(await File.ReadAllTextAsync(source, TestContext.Current.CancellationToken), shown);
    }

    [Fact]
    public async Task Start_OnAllAddressesWithoutAdmin_StaysOnThisMachineAndSaysWhy()
    {
        await using var program = await BuiltProgram.StartAsync(BuiltProgram.Path, ReferenceFiles.Repository, new() { ["ASPNETCORE_URLS"] = "http://0.0.0.0:0" });

        var output = await program.WaitForAsync("one-time link");

        Assert.Equal("127.0.0.1", program.Client.BaseAddress!.Host);
        Assert.Contains("Not listening on http://0.0.0.0:0 yet, because no administrator exists.", output, StringComparison.Ordinal);
        Assert.Matches(@"one-time link: http://127\.0\.0\.1:\d+/setup\?token=[\w-]{43}", output);
    }

    [Fact]
    public async Task Start_WithBadSetting_EndsWithOneSentence()
    {
        var ended = await Assert.ThrowsAsync<InvalidOperationException>(() =>
            BuiltProgram.StartAsync(BuiltProgram.Path, ReferenceFiles.Repository, new() { ["Lab__Bootstrap__ApiKey"] = "short" }));

        Assert.Contains("R1Lab cannot start: Lab:Bootstrap:ApiKey is shorter than 16 characters.", ended.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", ended.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Start_WithoutWorkingLibTorch_AnswersAndSaysWhy()
    {
        using var empty = new TemporaryFolder();
        await using var program = await BuiltProgram.StartAsync(BuiltProgram.Path, ReferenceFiles.Repository, new() { ["R1LAB_LIBTORCH"] = empty.Path });

        using var ready = await program.Client.GetAsync(new Uri("/health/ready", UriKind.Relative), TestContext.Current.CancellationToken);
        var page = await program.Client.GetStringAsync(new Uri("/account/sign-in", UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Contains("R1LAB_LIBTORCH names", await ready.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        Assert.Contains("<h1", page, StringComparison.Ordinal);
    }

    private static async Task<List<string>> MissingAsync(HttpClient client)
    {
        var missing = new List<string>();
        foreach (var asset in Assets)
        {
            using var answer = await client.GetAsync(new Uri(asset, UriKind.Relative));
            var length = (await answer.Content.ReadAsByteArrayAsync()).Length;
            if (answer.StatusCode != HttpStatusCode.OK || length == 0) missing.Add($"{asset}: {answer.StatusCode}, {length} bytes");
        }

        return missing;
    }

    /// <summary>Packages of the program that the notices of a publish do not name with version and licence.</summary>
    private static async Task<IReadOnlyList<string>> UnnamedPackagesAsync(string noticesFile)
    {
        var notices = await File.ReadAllTextAsync(noticesFile);
        Assert.Contains("plotly.js", notices, StringComparison.Ordinal);
        Assert.Contains("Apache License", notices, StringComparison.Ordinal);
        Assert.Contains("Facebook", notices, StringComparison.Ordinal); // the licence of libtorch, which its package carries
        await using var assets = File.OpenRead(Path.Combine(ReferenceFiles.Repository, "src", ProgramName, "obj", "project.assets.json"));
        var libraries = (await JsonDocument.ParseAsync(assets)).RootElement.GetProperty("libraries").EnumerateObject();
        var packages = libraries.Where(library => library.Value.GetProperty("type").GetString() == "package").Select(library => library.Name.Replace('/', ' ')).ToList();
        Assert.Contains(packages, package => package.StartsWith("MudBlazor ", StringComparison.Ordinal));
        return [.. packages.Where(package => !Regex.IsMatch(notices, $@"^{Regex.Escape(package)}\n.+\n.*\nLicence: \S", RegexOptions.Multiline, TimeSpan.FromSeconds(5)))];
    }

    // Without the half gigabyte of libtorch, which is not what is tried here.
    private static async Task PublishAsync(string folder)
    {
        var project = Path.Combine(ReferenceFiles.Repository, "src", ProgramName);
        var start = new ProcessStartInfo("dotnet", ["publish", project, "-c", "Release", "--no-build", "-p:BundleLibTorch=false", "-o", folder]) { RedirectStandardOutput = true, UseShellExecute = false };
        using var publish = Process.Start(start)!;
        var output = await publish.StandardOutput.ReadToEndAsync();
        await publish.WaitForExitAsync();
        Assert.True(publish.ExitCode == 0, output);
    }
}
