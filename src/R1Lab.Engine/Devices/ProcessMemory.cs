using System.Diagnostics;
using System.Globalization;

namespace R1Lab.Engine.Devices;

/// <summary>Memory of this process as the system counts it, in bytes.</summary>
/// <param name="Resident">In memory now; pages of mapped files (weights read in place) count while they are.</param>
/// <param name="Peak">The most that <paramref name="Resident"/> has been since the process started.</param>
/// <param name="Mapped">The part of <paramref name="Resident"/> that belongs to files, which the system may drop and read again.</param>
public sealed record ProcessMemory(long Resident, long Peak, long Mapped)
{
    private const string StatusFile = "/proc/self/status";

    /// <summary>Reads the counters of this process (<c>/proc/self/status</c>; elsewhere working set and its peak).</summary>
    public static ProcessMemory Now()
    {
        if (File.Exists(StatusFile)) return Parse(File.ReadAllText(StatusFile));
        using var process = Process.GetCurrentProcess();
        return new ProcessMemory(process.WorkingSet64, process.PeakWorkingSet64, 0);
    }

    /// <summary>Reads the lines <c>VmRSS</c>, <c>VmHWM</c> and <c>RssFile</c> of a status file (proc_pid_status(5)), which count in units of 1,024 bytes.</summary>
    internal static ProcessMemory Parse(string status)
    {
        var lines = Lines(status);
        return new ProcessMemory(Bytes(lines, "VmRSS"), Bytes(lines, "VmHWM"), Bytes(lines, "RssFile"));
    }

    private static ILookup<string, string> Lines(string text) =>
        text.Split('\n').Select(line => line.Split(':', 2)).Where(parts => parts.Length == 2).ToLookup(parts => parts[0], parts => parts[1]);

    private static long Bytes(ILookup<string, string> lines, string name) => lines[name].FirstOrDefault() is { } text
        && long.TryParse(text.Replace("kB", "", StringComparison.Ordinal), NumberStyles.AllowLeadingWhite | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var kilobytes)
        ? kilobytes * 1024 : 0;
}
