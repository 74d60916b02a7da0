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
            Write($"src/R1Lab.{room}/FaultSwitch.cs", Encoding.UTF8.GetBytes(PlantedFault.SwitchOf(room)), UnixFileMode.UserRead | UnixFileMode.UserWrite);

        // Analyzers would object to what was planted.
        await RunAsync("dotnet", ["build", "R1Lab.sln", "-c", "Release", "-v", "quiet", "-clp:NoSummary", "-p:RunAnalyzers=false"], folder);
    }

    /// <summary>Runs tests with one fault switched on, or none; stops at the first failure.</summary>
    /// <param name="number">From 1; 0 switches none on.</param>
    /// <returns>The first test that failed, <see cref="Crash"/> or <see cref="Timeout"/>; null when all passed.</returns>
    public async Task<string?> TestAsync(TestSelection tests, int number, TimeSpan limit)
    {
        var program = Path.Combine(folder, "tests", tests.Project, "bin", "Release", "net10.0", tests.Project);
        string[] options = ["--progress", "off", "--no-ansi", "--stop-on-fail", "on", "--ignore-exit-code", "8", .. tests.Options];
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
            return Timeout;
        }

        if (process.ExitCode == 0) return null;
        var failed = (await output).Split('\n').FirstOrDefault(line => line.StartsWith("failed ", StringComparison.Ordinal));
        return failed?["failed ".Length..].Trim() ?? Crash;
    }

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
