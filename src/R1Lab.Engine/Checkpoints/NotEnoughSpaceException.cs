namespace R1Lab.Engine.Checkpoints;

/// <summary>The disk has too little room for what is to be written. Nothing was written.</summary>
public sealed class NotEnoughSpaceException : IOException
{
    public NotEnoughSpaceException() { }

    public NotEnoughSpaceException(string message) : base(message) { }

    public NotEnoughSpaceException(string message, Exception innerException) : base(message, innerException) { }

    public NotEnoughSpaceException(string folder, long neededBytes, long freeBytes)
        : base($"{folder}: the disk is full: {Readable(neededBytes)} are needed, {Readable(freeBytes)} are free.")
    {
        NeededBytes = neededBytes;
        FreeBytes = freeBytes;
    }

    public long NeededBytes { get; }

    public long FreeBytes { get; }

    private static string Readable(long bytes) => bytes < 10_000_000 ? $"{bytes} bytes" : $"{bytes / 1e6:F0} MB ({bytes} bytes)";
}
