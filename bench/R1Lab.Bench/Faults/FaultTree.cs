using System.Diagnostics;

namespace R1Lab.Bench.Faults;

/// <summary>A copy of the committed sources with all faults planted, built once.</summary>
internal sealed class FaultTree(string folder, IReadOnlyList<PlantedFault> faults)
{
    private static readonly string[] Rooms = ["Engine", "Data", "Web"];

    /// <summary>Clones the repository into the folder, plants every fault and builds.</summary>
    /// <exception cref="InvalidOperationException">A fault does not fit its file, or the build fails.</exception>
    public async Task BuildAsync(string repository)
    {
        await RunAsync("git", ["clone", "--quiet", repository, folder], repository);
        foreach (var room in Rooms)
        {
            var file = Path.Combine(folder, "src", $"R1Lab.{room}", "FaultSwitch.cs");
            await File.WriteAllTextAsync(file, PlantedFault.SwitchOf(room));
        }

        for (var i = 0; i < faults.Count; i++)
        {
            var file = Path.Combine(folder, faults[i].File);
            await File.WriteAllTextAsync(file, faults[i].PlantIn(await File.ReadAllTextAsync(file), i + 1));
        }

        // Analyzers would object to what was planted.
        await RunAsync("dotnet", ["build", "R1Lab.sln", "-c", "Release", "-v", "quiet", "-clp:NoSummary", "-p:RunAnalyzers=false"], folder);
    }

    /// <summary>Runs tests of a room with one fault switched on, or none; stops at the first failure.</summary>
    /// <param name="number">From 1; 0 switches none on.</param>
    /// <param name="filter">A namespace of tests; null runs the room's whole project.</param>
    /// <returns>The first test that failed, "crash" or "timeout"; null when all passed.</returns>
    public async Task<string?> TestAsync(string room, int number, string? filter, TimeSpan limit)
    {
        var project = $"R1Lab.{room}.Tests";
        var start = new ProcessStartInfo(Path.Combine(folder, "tests", project, "bin", "Release", "net10.0", project))
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        string[] options = ["--progress", "off", "--no-ansi", "--stop-on-fail", "on", "--ignore-exit-code", "8"];
        foreach (var word in filter is null ? options : [.. options, "--filter-namespace", filter]) start.ArgumentList.Add(word);
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
            return "timeout";
        }

        if (process.ExitCode == 0) return null;
        var failed = (await output).Split('\n').FirstOrDefault(line => line.StartsWith("failed ", StringComparison.Ordinal));
        return failed?["failed ".Length..].Trim() ?? "crash";
    }

    private static async Task RunAsync(string program, string[] words, string workingFolder)
    {
        var start = new ProcessStartInfo(program, words) { WorkingDirectory = workingFolder, UseShellExecute = false };
        start.RedirectStandardOutput = true;
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        if (process.ExitCode != 0) throw new InvalidOperationException($"{program} {words[0]} failed:\n{output}");
    }
}
