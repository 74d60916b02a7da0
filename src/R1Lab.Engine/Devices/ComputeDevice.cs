using R1Lab.Engine.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Devices;

/// <summary>Where tensors live: the CPU or one CUDA card.</summary>
/// <param name="Kind"><c>cpu</c> or <c>cuda</c>.</param>
/// <param name="Index">Card number; 0 on the CPU.</param>
public sealed record ComputeDevice(DeviceType Kind, int Index = 0)
{
    public static ComputeDevice Cpu { get; } = new(DeviceType.CPU);

    /// <summary>Tensors without contents: shapes of models too large for this machine.</summary>
    public static ComputeDevice Meta { get; } = new(DeviceType.META);

    public bool IsCuda => Kind == DeviceType.CUDA;

    /// <summary>The first CUDA card when one works, else the CPU.</summary>
    public static ComputeDevice Default() => LibTorch.IsAvailable && cuda.is_available() ? new(DeviceType.CUDA) : Cpu;

    /// <summary>CUDA cards that work here.</summary>
    public static int CardCount() => LibTorch.IsAvailable && cuda.is_available() ? cuda.device_count() : 0;

    /// <summary>The tensor library's own device object.</summary>
    public Device Torch => IsCuda ? new Device(DeviceType.CUDA, Index) : Kind == DeviceType.META ? torch.META : torch.CPU;

    /// <summary><c>cpu</c> or <c>cuda:0</c>.</summary>
    public override string ToString() => IsCuda ? $"cuda:{Index}" : Kind == DeviceType.META ? "meta" : "cpu";
}
