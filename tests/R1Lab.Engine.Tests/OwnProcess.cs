using System.Diagnostics;

namespace R1Lab.Engine.Tests;

/// <summary>Runs test classes of this project once more in a process with another environment, for what is decided when a process starts.</summary>
internal static class OwnProcess
{
    public static async Task RunAsync(IEnumerable<Type> classes, params (string Name, string Value)[] environment)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "R1Lab.Engine.Tests" + (OperatingSystem.IsWindows() ? ".exe" : ""));
        string[] names = [.. classes.SelectMany(type => new[] { "--filter-class", type.FullName! })];
        var start = new ProcessStartInfo(program, [.. names, "--progress", "off", "--no-ansi"]) { RedirectStandardOutput = true, UseShellExecute = false };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.True(process.ExitCode == 0, output);
    }
}
