using System.Diagnostics;
using System.Text;

namespace R1Lab.Bench.Faults;

/// <summary>A copy of the sources with all faults planted, built once.</summary>
internal sealed class FaultTree(string folder, IReadOnlyList<PlantedFault> faults)
{
    /// <summary>In place of a test's name: the test program ended without naming one.</summary>
    public const string Crash = "crash";

    /// <summary>In place of a test's name: the test program did not end.</summary>
    public const string Timeout = "timeout";

    private static readonly string[] Rooms = ["Engine", "Data", "Web"];

    private readonly Dictionary<TestSelection, IReadOnlyList<string>> _anyway = [];

    /// <summary>
    /// Copies the repository's sources into the folder, plants every fault and builds. A file that is there already and the same keeps its
    /// time, so that a second build compiles only what changed.
    /// </summary>
    /// <exception cref="InvalidOperationException">A fault does not fit its file, or the build fails.</exception>
    public async Task BuildAsync(string repository)
    {
        var list = await RunAsync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], repository);
        foreach (var path in list.Split('\0', StringSplitOptions.RemoveEmptyEntries))
        {
            var source = new FileInfo(Path.Combine(repository, path));
            if (source.Exists) Write(path, Planted(path, await File.ReadAllBytesAsync(source.FullName)), source.UnixFileMode);
        }

        foreach (var room in Rooms)
        {
            var code = Encoding.UTF8.GetBytes(PlantedFault.SwitchOf(room));
            Write($"src/R1Lab.{room}/FaultSwitch.cs", code, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        // Analyzers would object to what was planted.
        await RunAsync("dotnet", ["build", "R1Lab.sln", "-c", "Release", "-v", "quiet", "-clp:NoSummary", "-p:RunAnalyzers=false"], folder);
    }

    /// <summary>Runs tests with one fault switched on, or none.</summary>
    /// <param name="number">From 1; 0 switches none on.</param>
    /// <returns>The test methods that failed, or <see cref="Crash"/> or <see cref="Timeout"/>; none when all passed.</returns>
    public async Task<IReadOnlyList<string>> TestAsync(TestSelection tests, int number, TimeSpan limit)
    {
        var program = Path.Combine(folder, "tests", tests.Project, "bin", "Release", "net10.0", tests.Project);
        var filters = tests.Options.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        string[] options = ["--progress", "off", "--no-ansi", "--ignore-exit-code", "8", .. filters];
        var start = new ProcessStartInfo(program, options)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment[PlantedFault.Variable] = $"{number}";
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        _ = process.StandardError.ReadToEndAsync();
        using var patience = new CancellationTokenSource(limit);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            return [Timeout];
        }

        if (process.ExitCode == 0) return [];
        var failed = FailedIn(await output);
        return failed.Count > 0 ? failed : [Crash];
    }

    /// <summary>What fails without any fault; run once for each selection.</summary>
    public async Task<IReadOnlyList<string>> FailingAnywayAsync(TestSelection tests, TimeSpan limit)
    {
        if (!_anyway.TryGetValue(tests, out var failed)) _anyway[tests] = failed = await TestAsync(tests, number: 0, limit);
        return failed;
    }

    // A line such as "failed R1Lab.Data.Tests.KappaTests.Cohen_Equal_IsOne(x: 1) (3ms)".
    private static IReadOnlyList<string> FailedIn(string output) =>
        [.. output.Split('\n').Where(line => line.StartsWith("failed ", StringComparison.Ordinal))
            .Select(line => line.Split(' ')[1].Split('(')[0]).Distinct()];

    private static async Task<string> RunAsync(string program, string[] words, string workingFolder)
    {
        var start = new ProcessStartInfo(program, words) { WorkingDirectory = workingFolder, UseShellExecute = false };
        start.RedirectStandardOutput = true;
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} {words[0]} failed:\n{output}");
    }

    private byte[] Planted(string path, byte[] source)
    {
        for (var i = 0; i < faults.Count; i++)
        {
            if (faults[i].File == path) source = Encoding.UTF8.GetBytes(faults[i].PlantIn(Encoding.UTF8.GetString(source), i + 1));
        }

        return source;
    }

    private void Write(string path, byte[] content, UnixFileMode mode)
    {
        var file = Path.Combine(folder, path);
        if (File.Exists(file) && File.ReadAllBytes(file).AsSpan().SequenceEqual(content)) return;
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllBytes(file, content);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(file, mode);
    }
}
