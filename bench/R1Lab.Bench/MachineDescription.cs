using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Native;
using TorchSharp;

namespace R1Lab.Bench;

/// <summary>What a figure was measured on.</summary>
internal static class MachineDescription
{
    private const string Cards = "/proc/driver/nvidia/gpus";
    private const string Driver = "/proc/driver/nvidia/version";

    public static JsonObject Now() => new()
    {
        ["processor"] = Field("/proc/cpuinfo", "model name") ?? RuntimeInformation.ProcessArchitecture.ToString(),
        ["cores"] = Environment.ProcessorCount,
        ["threads"] = torch.get_num_threads(),
        ["memory_bytes"] = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
        ["system"] = RuntimeInformation.OSDescription,
        ["runtime"] = RuntimeInformation.FrameworkDescription,
        ["libtorch"] = LibTorch.FoundVersion?.ToString(),
        ["torchsharp_built_for"] = LibTorch.NeededVersion.ToString(),
        ["device"] = DeviceName(ComputeDevice.Default()),
        ["card_memory_bytes"] = ComputeDevice.Default() is { IsCuda: true } card ? CudaMemory.Read(card.Index)?.TotalBytes : null,
        ["driver"] = DriverVersion(),
        ["measured_at"] = DateTimeOffset.UtcNow.ToString("yyyy-MM-dd'T'HH:mm'Z'"),
    };

    // "NVRM version: NVIDIA UNIX ... Kernel Module for x86_64  580.95.05  Release Build ..."
    private static string? DriverVersion() => Field(Driver, "NVRM version")?.Split(' ', StringSplitOptions.RemoveEmptyEntries).FirstOrDefault(word => Version.TryParse(word, out _));

    public static string DeviceName(ComputeDevice device) => !device.IsCuda || !Directory.Exists(Cards) ? device.ToString()
        : Directory.GetDirectories(Cards).Order(StringComparer.Ordinal).Select(folder => Field(Path.Combine(folder, "information"), "Model")).FirstOrDefault() ?? device.ToString();

    private static string? Field(string file, string name) => !File.Exists(file) ? null
        : File.ReadLines(file).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?.Split(':', 2)[^1].Trim();
}
