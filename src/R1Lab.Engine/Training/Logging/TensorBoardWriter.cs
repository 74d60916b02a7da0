using System.Globalization;

namespace R1Lab.Engine.Training.Logging;

/// <summary>
/// Appends scalars to a TensorBoard event file, <c>events.out.tfevents.&lt;unix time&gt;.&lt;host&gt;.&lt;process&gt;.0</c>. Every start has a file of its own;
/// TensorBoard reads those of a folder in the order of their names. A record cut off by a crash is passed over by its readers.
/// </summary>
public sealed class TensorBoardWriter
{
    private const string Prefix = "events.out.tfevents.";

    /// <param name="folder">The run's log folder; made when missing.</param>
    /// <param name="now">The start's time: the file's name and its first event carry it.</param>
    /// <param name="purgeStep">What earlier files hold at this step and later no longer counts; null: nothing was written before.</param>
    /// <exception cref="IOException">The file cannot be made.</exception>
    public TensorBoardWriter(string folder, DateTimeOffset now, int? purgeStep = null)
    {
        Directory.CreateDirectory(folder);
        // A name that sorts behind the earlier ones, also when the clock was set back or two starts fall into one second.
        var stamp = Math.Max(now.ToUnixTimeSeconds(), Stamps(folder).DefaultIfEmpty(-1).Max() + 1);
        var host = string.Concat(Environment.MachineName.Select(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '.' or '_' ? letter : '_'));
        FilePath = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{stamp:D10}.{host}.{Environment.ProcessId}.0"));
        Append(EventRecord.FileVersion(Seconds(now), purgeStep ?? 0));
        if (purgeStep is { } step) Append(EventRecord.SessionStart(Seconds(now), step));
    }

    /// <summary>The file written to.</summary>
    public string FilePath { get; }

    /// <summary>Whether a folder holds event files.</summary>
    public static bool HasWritten(string folder) => Stamps(folder).Any();

    /// <summary>Adds one step's scalars; they have left the process when this returns.</summary>
    /// <param name="step">Optimizer steps done.</param>
    /// <param name="at">When.</param>
    /// <param name="scalars">Tag and value; stored as float32, infinities and no-numbers included.</param>
    public void Write(int step, DateTimeOffset at, IEnumerable<(string Tag, double Value)> scalars) =>
        Append(EventRecord.Scalars(Seconds(at), step, scalars.Select(scalar => (scalar.Tag, (float)scalar.Value))));

    private static IEnumerable<long> Stamps(string folder) => !Directory.Exists(folder) ? [] : Directory.GetFiles(folder, $"{Prefix}*")
        .Select(path => Path.GetFileName(path)[Prefix.Length..].Split('.')[0])
        .Where(stamp => long.TryParse(stamp, NumberStyles.None, CultureInfo.InvariantCulture, out _))
        .Select(stamp => long.Parse(stamp, CultureInfo.InvariantCulture));

    private static double Seconds(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).TotalSeconds;

    private void Append(byte[] data)
    {
        using var file = new FileStream(FilePath, FileMode.Append, FileAccess.Write, FileShare.Read);
        file.Write(EventRecord.Frame(data));
    }
}
