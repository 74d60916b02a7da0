using System.Reflection;
using System.Runtime.InteropServices;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Native;
using TorchSharp;

namespace R1Lab.Engine.Training.Receipts;

/// <summary>The program and the machine. All of it may change how numbers are rounded.</summary>
public sealed record ReceiptEnvironment
{
    public required string Program { get; init; }

    public string? LibTorch { get; init; }

    public required string DotNet { get; init; }

    public required string OperatingSystem { get; init; }

    public required string Processor { get; init; }

    public int LogicalProcessors { get; init; }

    /// <summary>Threads a tensor operation is shared among: sums over them are taken in another order when their number is another.</summary>
    public int Threads { get; init; }

    /// <summary><c>cpu</c> or <c>cuda:0</c>.</summary>
    public required string Device { get; init; }

    /// <summary>The card's name, where it is known.</summary>
    public string? DeviceName { get; init; }

    /// <summary>This process on this machine.</summary>
    public static ReceiptEnvironment Current(ComputeDevice device, string? deviceName = null) => new()
    {
        Program = typeof(ReceiptEnvironment).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown",
        LibTorch = Native.LibTorch.FoundVersion?.ToString(),
        DotNet = RuntimeInformation.FrameworkDescription,
        OperatingSystem = RuntimeInformation.OSDescription,
        Processor = ProcessorName() ?? RuntimeInformation.ProcessArchitecture.ToString(),
        LogicalProcessors = System.Environment.ProcessorCount,
        Threads = Native.LibTorch.IsAvailable ? torch.get_num_threads() : 0,
        Device = device.ToString(),
        DeviceName = deviceName,
    };

    private static string? ProcessorName()
    {
        const string facts = "/proc/cpuinfo";
        if (!File.Exists(facts)) return null;
        var line = File.ReadLines(facts).FirstOrDefault(fact => fact.StartsWith("model name", StringComparison.Ordinal));
        return line?[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
    }
}
