using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using R1Lab.Engine.Devices;
using TorchSharp;

namespace R1Lab.Bench;

/// <summary>What a figure was measured on.</summary>
internal static class MachineDescription
{
    private const string Cards = "/proc/driver/nvidia/gpus";

    public static JsonObject Now() => new()
    {
        ["processor"] = Field("/proc/cpuinfo", "model name") ?? RuntimeInformation.ProcessArchitecture.ToString(),
        ["cores"] = Environment.ProcessorCount,
        ["threads"] = torch.get_num_threads(),
        ["memory_bytes"] = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
        ["system"] = RuntimeInformation.OSDescription,
        ["runtime"] = RuntimeInformation.FrameworkDescription,
        ["libtorch"] = torch.__version__,
        ["device"] = DeviceName(ComputeDevice.Default()),
        ["measured_at"] = DateTimeOffset.UtcNow.ToString("yyyy-MM-dd'T'HH:mm'Z'"),
    };

    private static string DeviceName(ComputeDevice device) => !device.IsCuda || !Directory.Exists(Cards) ? device.ToString()
        : Directory.GetDirectories(Cards).Order(StringComparer.Ordinal).Select(folder => Field(Path.Combine(folder, "information"), "Model")).FirstOrDefault() ?? device.ToString();

    private static string? Field(string file, string name) => !File.Exists(file) ? null
        : File.ReadLines(file).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?.Split(':', 2)[^1].Trim();
}
