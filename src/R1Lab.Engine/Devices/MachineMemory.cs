using System.Globalization;

namespace R1Lab.Engine.Devices;

/// <summary>
/// Main memory that this process can have: the machine's, and less where a control group (cgroups(7), both versions) or a resource limit
/// (getrlimit(2)) allows it less. Beyond such a limit Linux does not refuse an allocation, it kills the process.
/// </summary>
/// <param name="TotalBytes">Allowed in all.</param>
/// <param name="AvailableBytes">Not taken; file pages that the system may drop count as free.</param>
public sealed record MachineMemory(long TotalBytes, long AvailableBytes)
{
    private const string Unified = "/sys/fs/cgroup";
    private const string Legacy = "/sys/fs/cgroup/memory";

    /// <summary>Asks the system now; null where it does not say (not Linux).</summary>
    public static MachineMemory? Read() => Read(Contents);

    /// <param name="read">The contents of a file; null where there is none.</param>
    internal static MachineMemory? Read(Func<string, string?> read)
    {
        if (read("/proc/meminfo") is not { } machine || Kilobytes(machine, "MemTotal") is not { } total || Kilobytes(machine, "MemAvailable") is not { } available) return null;
        foreach (var (limit, used) in Groups(read).Concat(Resources(read)))
        {
            total = Math.Min(total, limit);
            available = Math.Min(available, Math.Max(0, limit - used));
        }

        return new MachineMemory(total, available);
    }

    private static IEnumerable<(long Limit, long Used)> Groups(Func<string, string?> read)
    {
        foreach (var line in Lines(read("/proc/self/cgroup")))
        {
            var fields = line.Split(':', 3); // number:controllers:path
            if (fields.Length < 3) continue;
            var isUnified = fields[0] == "0";
            if (!isUnified && !fields[1].Split(',').Contains("memory")) continue;
            foreach (var folder in Upwards(isUnified ? Unified : Legacy, fields[2]))
            {
                foreach (var limit in isUnified ? UnifiedLimits(read, folder) : LegacyLimits(read, folder)) yield return limit;
            }
        }
    }

    // A group's own limit and those of all above it count. In a container the path may be that of the host, which is not there: the root is.
    private static IEnumerable<string> Upwards(string root, string path)
    {
        for (var rest = path.TrimEnd('/'); rest.Length > 0; rest = rest[..rest.LastIndexOf('/')]) yield return root + rest;
        yield return root;
    }

    private static IEnumerable<(long Limit, long Used)> UnifiedLimits(Func<string, string?> read, string folder)
    {
        if (Number(read($"{folder}/memory.current")) is not { } current) yield break;
        var used = current - Counter(read($"{folder}/memory.stat"), "inactive_file");
        foreach (var name in (string[])["memory.max", "memory.high"])
        {
            if (Number(read($"{folder}/{name}")) is { } limit) yield return (limit, used);
        }
    }

    private static IEnumerable<(long Limit, long Used)> LegacyLimits(Func<string, string?> read, string folder)
    {
        if (Number(read($"{folder}/memory.usage_in_bytes")) is { } usage && Number(read($"{folder}/memory.limit_in_bytes")) is { } limit)
            yield return (limit, usage - Counter(read($"{folder}/memory.stat"), "total_inactive_file"));
    }

    private static IEnumerable<(long Limit, long Used)> Resources(Func<string, string?> read)
    {
        if (read("/proc/self/limits") is not { } limits || read("/proc/self/status") is not { } status) yield break;
        foreach (var (name, counter) in (IEnumerable<(string, string)>)[("Max address space", "VmSize"), ("Max data size", "VmData")])
        {
            var row = Lines(limits).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
            var soft = row?[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault();
            if (Number(soft) is { } limit && Kilobytes(status, counter) is { } used) yield return (limit, used);
        }
    }

    private static string[] Lines(string? text) => text?.Split('\n', StringSplitOptions.RemoveEmptyEntries) ?? [];

    private static long? Kilobytes(string text, string name) => Number(
        Lines(text).FirstOrDefault(line => line.StartsWith($"{name}:", StringComparison.Ordinal))?[(name.Length + 1)..].Replace("kB", "", StringComparison.Ordinal)) * 1024;

    private static long Counter(string? text, string name) =>
        Number(Lines(text).FirstOrDefault(line => line.StartsWith($"{name} ", StringComparison.Ordinal))?[name.Length..]) ?? 0;

    // "max", "unlimited" and numbers beyond all memory are no limits; their sums must not overflow either.
    private static long? Number(string? text) => long.TryParse(text?.Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number < 1L << 50 ? number : null;

    private static string? Contents(string path)
    {
        try
        {
            return File.Exists(path) ? File.ReadAllText(path) : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
