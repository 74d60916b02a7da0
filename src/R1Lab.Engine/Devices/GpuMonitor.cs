namespace R1Lab.Engine.Devices;

/// <summary>What the graphics cards of this machine are doing.</summary>
public interface IGpuMonitor
{
    /// <summary>Why nothing can be said, as a note with a code to translate by; null when cards answer.</summary>
    Problem? Absence { get; }

    /// <summary>Every card now, in the driver's order; empty where there is none. Never throws; cheap enough to ask every second.</summary>
    IReadOnlyList<GpuReading> Read();
}

/// <summary>One card at one moment. What a card does not tell is null.</summary>
/// <param name="Index">The driver's number, which <c>nvidia-smi</c> shows.</param>
/// <param name="Uuid"><c>GPU-…</c>, the same whatever the order of the cards.</param>
/// <param name="UsedBytes">Taken by all processes and the driver.</param>
/// <param name="UtilizationPercent">Share of the last sample period in which a kernel ran, 0 to 100.</param>
/// <param name="PowerWatts">Drawn now.</param>
public sealed record GpuReading(
    int Index, string Name, string Uuid, long UsedBytes, long TotalBytes, int? UtilizationPercent, int? TemperatureCelsius, double? PowerWatts, DateTimeOffset At)
{
    public long FreeBytes => TotalBytes - UsedBytes;
}

/// <summary>Reads NVIDIA cards through the driver's management library (NVML), which is part of the driver and not of this program.</summary>
public sealed class GpuMonitor : IGpuMonitor
{
    private readonly NvmlLibrary? _library;

    internal GpuMonitor(NvmlLibrary? library, Problem? absence) => (_library, Absence) = (library, absence);

    /// <inheritdoc/>
    public Problem? Absence { get; }

    /// <summary>Finds the library and starts it; what is in the way becomes <see cref="Absence"/>.</summary>
    public static GpuMonitor Open() => Open(NvmlLibrary.Load());

    internal static GpuMonitor Open(NvmlLibrary? library)
    {
        if (library is null) return new GpuMonitor(null, Note("gpu_no_driver", "No NVIDIA driver was found on this machine."));
        if (library.Start() is { } reason) return new GpuMonitor(null, Note("gpu_driver_error", $"The NVIDIA driver does not answer: {reason}.", reason));
        return new GpuMonitor(library, library.Count() == 0 ? Note("gpu_none", "The NVIDIA driver sees no card.") : null);
    }

    /// <inheritdoc/>
    public IReadOnlyList<GpuReading> Read()
    {
        if (_library is null) return [];
        var readings = new List<GpuReading>();
        var now = DateTimeOffset.UtcNow;
        for (var index = 0; index < _library.Count(); index++)
        {
            if (_library.Device(index) is { } device) readings.Add(Read(_library, device, index, now));
        }

        return readings;
    }

    private static GpuReading Read(NvmlLibrary library, nint device, int index, DateTimeOffset now)
    {
        var memory = library.Memory(device) ?? default;
        return new GpuReading(
            index, library.Name(device) ?? "NVIDIA GPU", library.Uuid(device) ?? "", (long)memory.Used, (long)memory.Total,
            library.Utilization(device), library.Temperature(device), library.Milliwatts(device) / 1000d, now);
    }

    private static Problem Note(string code, string message, params object[] arguments) => new(code, "", ProblemSeverity.Note, message, arguments);
}
