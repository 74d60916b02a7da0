using System.Diagnostics;
using System.Globalization;
using System.Text;
using R1Lab.Tests.Shared;

namespace R1Lab.Web.Tests;

/// <summary>The program as a process of its own, on a free port and a data folder of its own.</summary>
public sealed class BuiltProgram : IAsyncDisposable
{
    private const string Listening = "R1Lab is listening on ";
    private static readonly TimeSpan Limit = Patience.For(TimeSpan.FromSeconds(90));

    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly TaskCompletionSource<string> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TemporaryFolder _folder = new();

    private BuiltProgram(string program, string workingFolder, Dictionary<string, string> environment)
    {
        var start = new ProcessStartInfo(program) { WorkingDirectory = workingFolder, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.Environment["Lab__DataFolder"] = _folder.Path;
        start.Environment["ASPNETCORE_URLS"] = "http://127.0.0.1:0";
        foreach (var (key, value) in environment) start.Environment[key] = value;
        _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        _process.OutputDataReceived += (_, line) => Read(line.Data);
        _process.ErrorDataReceived += (_, line) => Read(line.Data);
        _process.Exited += (_, _) => _address.TrySetException(new InvalidOperationException($"The program ended:{Environment.NewLine}{Output}"));
    }

    /// <summary>What it has printed so far.</summary>
    public string Output
    {
        get
        {
            lock (_output) return _output.ToString();
        }
    }

    public HttpClient Client { get; private set; } = default!;

    /// <summary>The program as this build left it, to be started at the repository.</summary>
    public static string Path { get; } = System.IO.Path.Combine(ReferenceFiles.Repository, "src", "R1Lab.Web", "bin", "Release", "net10.0", "R1Lab.Web");

    /// <summary>Starts the program and waits until it says where it listens.</summary>
    public static async Task<BuiltProgram> StartAsync(string program, string workingFolder, Dictionary<string, string>? environment = null)
    {
        var built = new BuiltProgram(program, workingFolder, environment ?? []);
        built._process.Start();
        built._process.BeginOutputReadLine();
        built._process.BeginErrorReadLine();
        try
        {
            built.Client = new HttpClient { BaseAddress = new Uri(await built._address.Task.WaitAsync(Limit)) };
        }
        catch
        {
            await built.DisposeAsync(); // a program that never said where it listens would outlive the tests
            throw;
        }

        return built;
    }

    /// <summary>Waits until the program has printed this.</summary>
    public async Task<string> WaitForAsync(string text)
    {
        var limit = DateTime.UtcNow + Limit;
        while (!Output.Contains(text, StringComparison.Ordinal) && DateTime.UtcNow < limit) await Task.Delay(TimeSpan.FromMilliseconds(50));
        return Output;
    }

    /// <summary>Ends it without warning, as a power cut would.</summary>
    public Task KillAsync()
    {
        _process.Kill();
        return _process.WaitForExitAsync();
    }

    /// <summary>Asks it to end, as a service manager does (SIGTERM), and waits for its exit code.</summary>
    public async Task<int> TerminateAsync()
    {
        using var kill = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
        await _process.WaitForExitAsync().WaitAsync(Limit);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        Client?.Dispose();
        if (!_process.HasExited) _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
        _folder.Dispose();
    }

    private void Read(string? line)
    {
        if (line is null) return;
        lock (_output) _output.AppendLine(line);
        if (line.StartsWith(Listening, StringComparison.Ordinal)) _address.TrySetResult(line[Listening.Length..].Split(',')[0]);
    }
}
