using System.Globalization;

namespace R1Lab.Engine.Devices;

/// <summary>A device has too little memory for what was to be done. Found out by counting: nothing was allocated.</summary>
public sealed class MemoryRefusedException : Exception
{
    public MemoryRefusedException() { }

    public MemoryRefusedException(string message) : base(message) { }

    public MemoryRefusedException(string message, Exception innerException) : base(message, innerException) { }

    /// <param name="what">Begins the sentence, for example <c>The model in /models/8b</c>.</param>
    public MemoryRefusedException(string what, long neededBytes, long freeBytes, string device)
        : base($"{what} needs about {Readable(neededBytes)} of memory and {device} has {Readable(freeBytes)} free.") => (NeededBytes, FreeBytes) = (neededBytes, freeBytes);

    public long NeededBytes { get; }

    public long FreeBytes { get; }

    private static string Readable(long bytes) => bytes < 100_000_000 ? $"{bytes / 1e6:F1} MB" : string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:F1} GB");
}
