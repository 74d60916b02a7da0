using R1Lab.Engine.Devices;
using R1Lab.Engine.Native;

namespace R1Lab.Web.Device;

/// <summary>Whether tensors can be made here, and where.</summary>
/// <param name="Name">The device as the user knows it: <c>cpu</c> or <c>cuda:0</c>.</param>
/// <param name="Failure">Why no tensor can be made, as one sentence; null when all is well.</param>
public sealed record ComputeStatus(string Name, string? Failure)
{
    /// <summary>CUDA cards that work here.</summary>
    public int Cards { get; init; }

    public static ComputeStatus Read() => LibTorch.Failure is { } failure
        ? new ComputeStatus("-", failure)
        : new ComputeStatus(ComputeDevice.Default().ToString(), null) { Cards = ComputeDevice.CardCount() };
}
