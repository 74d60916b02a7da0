using System.Diagnostics;
using System.Text;

namespace R1Lab.Web.Tests;

/// <summary>The program as a process of its own, on a free port and a data folder of its own.</summary>
public sealed class BuiltProgram : IAsyncDisposable
{
    private const string Listening = "R1Lab is listening on ";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

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

    /// <summary>Starts the program and waits until it says where it listens.</summary>
    public static async Task<BuiltProgram> StartAsync(string program, string workingFolder, Dictionary<string, string>? environment = null)
    {
        var built = new BuiltProgram(program, workingFolder, environment ?? []);
        built._process.Start();
        built._process.BeginOutputReadLine();
        built._process.BeginErrorReadLine();
        var address = await built._address.Task.WaitAsync(Patience);
        built.Client = new HttpClient { BaseAddress = new Uri(address) };
        return built;
    }

    /// <summary>Waits until the program has printed this.</summary>
    public async Task<string> WaitForAsync(string text)
    {
        var limit = DateTime.UtcNow + Patience;
        while (!Output.Contains(text, StringComparison.Ordinal) && DateTime.UtcNow < limit) await Task.Delay(TimeSpan.FromMilliseconds(50));
        return Output;
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
