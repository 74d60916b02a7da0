using System.Diagnostics;
using R1Lab.Tests.Shared;

namespace R1Lab.Browser.Tests;

/// <summary>A client program under tests/clients, run by Node with the packages its package.json pins.</summary>
internal static class NodeClient
{
    /// <summary>Installs what the client needs; without Node, npm or a package registry the test is skipped, and fails where CI=true.</summary>
    /// <returns>The client's folder.</returns>
    public static async Task<string> InstallAsync(string name, CancellationToken cancellation)
    {
        var folder = Path.Combine(ReferenceFiles.Repository, "tests", "clients", name);
        var installed = OnPath("node") && OnPath("npm");
        MachineNeeds.Demand(installed, "Node and npm were not found: install them to test with other people's clients.");
        if (Directory.Exists(Path.Combine(folder, "node_modules", name))) return folder;
        var (exit, _, errors) = await RunAsync("npm", folder, ["install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"], new Dictionary<string, string>(), cancellation);
        MachineNeeds.Demand(exit == 0, $"The package '{name}' could not be installed: {errors}");
        return folder;
    }

    public static async Task<(int Exit, string Output, string Errors)> RunAsync(
        string program, string folder, IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = folder, UseShellExecute = false, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (key, value) in environment) start.Environment[key] = value;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync(cancellation);
        var errors = process.StandardError.ReadToEndAsync(cancellation);
        try
        {
            await process.WaitForExitAsync(cancellation);
            return (process.ExitCode, await output, await errors);
        }
        finally
        {
            if (!process.HasExited) process.Kill(entireProcessTree: true);
        }
    }

    private static bool OnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, program)) || File.Exists(Path.Combine(folder, $"{program}.cmd")));
}
