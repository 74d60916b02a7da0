using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;

namespace R1Lab.Browser.Tests;

/// <summary>The real program on a free loopback port with a data folder of its own, as a newcomer would start it.</summary>
internal sealed partial class LabServer : IAsyncDisposable
{
#if DEBUG
    private const string Configuration = "Debug";
#else
    private const string Configuration = "Release";
#endif

    private static readonly string Repository = FindRepository();

    private readonly ConcurrentQueue<string> _output = new();
    private readonly TaskCompletionSource<Uri> _setUpLink = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Dictionary<string, string> _settings;
    private Process _process;

    private LabServer(string dataFolder, int port, Dictionary<string, string> settings)
    {
        _settings = settings;
        DataFolder = dataFolder;
        Address = new Uri($"http://127.0.0.1:{port}/");
        _process = Start();
    }

    public Uri Address { get; }

    public string DataFolder { get; }

    public string Output => string.Join('\n', _output);

    public static Task<LabServer> StartAsync(CancellationToken cancellation) => StartAsync([], cancellation);

    /// <param name="settings">More environment variables, such as <c>Lab__Bootstrap__ApiKey</c>.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    public static async Task<LabServer> StartAsync(Dictionary<string, string> settings, CancellationToken cancellation)
    {
        var server = new LabServer(Directory.CreateTempSubdirectory("r1lab-browser-").FullName, FreePort(), settings);
        await server.WaitUntilHealthyAsync(cancellation);
        return server;
    }

    /// <summary>The one-time link the program printed.</summary>
    public Task<Uri> SetUpLinkAsync(CancellationToken cancellation) => _setUpLink.Task.WaitAsync(TimeSpan.FromSeconds(30), cancellation);

    /// <summary>Ends the process without warning, as a power cut would, and starts it again on the same data.</summary>
    public async Task CrashAndRestartAsync(CancellationToken cancellation)
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync(cancellation);
        _process.Dispose();
        _process = Start();
        await WaitUntilHealthyAsync(cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(DataFolder, recursive: true);
    }

    private Process Start()
    {
        var start = new ProcessStartInfo("dotnet")
        {
            WorkingDirectory = Repository,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(Path.Combine(Repository, "src", "R1Lab.Web", "bin", Configuration, "net10.0", "R1Lab.Web.dll"));
        start.Environment["ASPNETCORE_URLS"] = Address.ToString().TrimEnd('/');
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Production";
        start.Environment["Lab__DataFolder"] = DataFolder;
        foreach (var (key, value) in _settings) start.Environment[key] = value;
        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => Read(line.Data);
        process.ErrorDataReceived += (_, line) => Read(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private void Read(string? line)
    {
        if (line is null) return;
        _output.Enqueue(line);
        if (SetUpLink().Match(line) is { Success: true } link) _setUpLink.TrySetResult(new Uri(link.Value));
    }

    private async Task WaitUntilHealthyAsync(CancellationToken cancellation)
    {
        using var client = new HttpClient { BaseAddress = Address };
        for (var deadline = Stopwatch.StartNew(); deadline.Elapsed < TimeSpan.FromSeconds(90);)
        {
            if (_process.HasExited) throw new InvalidOperationException($"The lab ended while starting:\n{Output}");
            if (await AnswersAsync(client, cancellation)) return;
            await Task.Delay(200, cancellation);
        }

        throw new TimeoutException($"The lab did not answer in time:\n{Output}");
    }

    private static async Task<bool> AnswersAsync(HttpClient client, CancellationToken cancellation)
    {
        try
        {
            using var answer = await client.GetAsync("health", cancellation);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false; // not listening yet
        }
    }

    private static string FindRepository()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "R1Lab.sln"))) return folder.FullName;
        }

        throw new FileNotFoundException($"R1Lab.sln was not found above {AppContext.BaseDirectory}.");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    [GeneratedRegex(@"https?://\S+/setup\?\S+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SetUpLink();
}
