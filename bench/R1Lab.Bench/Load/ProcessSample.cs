using System.Globalization;
using System.Text.Json.Serialization;

namespace R1Lab.Bench.Load;

/// <summary>What a process holds at one moment, as the kernel counts it.</summary>
/// <param name="Seconds">Since the load began.</param>
/// <param name="PrivateBytes">Resident memory that belongs to no file.</param>
/// <param name="Handles">Open file descriptors.</param>
/// <param name="TemporaryFiles">Files in its temporary folder.</param>
internal sealed record ProcessSample(double Seconds, long PrivateBytes, int Handles, int Threads, int TemporaryFiles)
{
    private const double Mebibyte = 1024 * 1024;

    [JsonIgnore]
    public double PrivateMebibytes => PrivateBytes / Mebibyte;

    public static ProcessSample Of(LabProcess lab, double seconds)
    {
        var status = File.ReadAllLines($"/proc/{lab.Id}/status");
        return new ProcessSample(
            seconds,
            Field(status, "RssAnon:") * 1024,
            Directory.GetFileSystemEntries($"/proc/{lab.Id}/fd").Length,
            (int)Field(status, "Threads:"),
            Directory.GetFiles(lab.TemporaryFiles, "*", SearchOption.AllDirectories).Length);
    }

    private static long Field(string[] status, string name)
    {
        var line = status.First(one => one.StartsWith(name, StringComparison.Ordinal));
        return long.Parse(line.Split((char[])[' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }
}
