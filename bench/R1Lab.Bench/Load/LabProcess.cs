using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using R1Lab.Engine;

namespace R1Lab.Bench.Load;

/// <summary>The built web program on a free loopback port with a data folder of its own; both are removed at the end.</summary>
internal sealed class LabProcess : IAsyncDisposable
{
    private const string Key = "r1l_key-of-the-bench-0123456789";
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly string _folder;
    private readonly StreamWriter _log;

    private LabProcess(string repository, string? logFile)
    {
        _folder = Directory.CreateTempSubdirectory("r1lab-load-").FullName;
        TemporaryFiles = Directory.CreateDirectory(Path.Combine(_folder, "tmp")).FullName;
        DataFolder = Path.Combine(_folder, "data");
        Address = new Uri($"http://127.0.0.1:{FreePort()}/");
        _log = logFile is null ? StreamWriter.Null : new StreamWriter(logFile) { AutoFlush = true };
        _process = Process.Start(Command(repository))!;
        _process.OutputDataReceived += (_, line) => Write(line.Data);
        _process.ErrorDataReceived += (_, line) => Write(line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public Uri Address { get; }

    public string DataFolder { get; }

    /// <summary>The folder that the program uses for temporary files.</summary>
    public string TemporaryFiles { get; }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Starts the program of this repository and waits until it answers.</summary>
    /// <param name="logFile">Receives what the program prints; null discards it.</param>
    /// <exception cref="BadInputException">It is not built, or did not answer within two minutes.</exception>
    public static async Task<LabProcess> StartAsync(string? logFile, CancellationToken cancellationToken)
    {
        var lab = new LabProcess(Repository(), logFile);
        using var client = lab.Client();
        for (var waited = Stopwatch.StartNew(); waited.Elapsed < StartLimit && !lab.HasExited; await Task.Delay(200, cancellationToken))
        {
            if (await AnswersAsync(client, cancellationToken)) return lab;
        }

        await lab.DisposeAsync();
        throw new BadInputException("lab", "start", "the program ended or did not answer within two minutes");
    }

    /// <summary>A client with a key that has every right.</summary>
    public HttpClient Client()
    {
        var client = new HttpClient { BaseAddress = Address, Timeout = TimeSpan.FromMinutes(5) };
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
        return client;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        await _log.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    private ProcessStartInfo Command(string repository)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            WorkingDirectory = repository,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.ArgumentList.Add(Path.Combine(repository, "src", "R1Lab.Web", "bin", "Release", "net10.0", "R1Lab.Web.dll"));
        start.Environment["ASPNETCORE_URLS"] = Address.ToString().TrimEnd('/');
        start.Environment["Lab__DataFolder"] = DataFolder;
        start.Environment["Lab__Bootstrap__ApiKey"] = Key;
        start.Environment["TMPDIR"] = TemporaryFiles;
        start.Environment["Logging__LogLevel__Microsoft.AspNetCore"] = "Warning";
        return start;
    }

    private void Write(string? line)
    {
        if (line is null) return;
        lock (_log) _log.WriteLine(line);
    }

    private static async Task<bool> AnswersAsync(HttpClient client, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await client.GetAsync("health", cancellationToken);
            return answer.IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false; // not listening yet
        }
    }

    /// <summary>The folder of the solution, found above this program.</summary>
    public static string Repository()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "R1Lab.sln"))) return folder.FullName;
        }

        throw new BadInputException("lab", "repository", "R1Lab.sln is not above this program");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
