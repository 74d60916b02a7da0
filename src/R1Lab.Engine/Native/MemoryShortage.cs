using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Native;

/// <summary>
/// Whether a failed operator of the stable ABI, which tells no reason, failed for want of memory on a card: there is none when as much as the
/// operator was given cannot be had once more. On the CPU allocations do not fail like this, so nothing is asked.
/// </summary>
internal static class MemoryShortage
{
    /// <summary>A sentence with the words "out of memory", or null where there is room.</summary>
    public static string? After(ReadOnlySpan<Argument> arguments)
    {
        var (bytes, device) = (0L, (Device?)null);
        foreach (var argument in arguments)
        {
            foreach (var tensor in argument.Tensors.Where(tensor => !tensor.IsInvalid && tensor.device_type == DeviceType.CUDA))
            {
                (bytes, device) = (bytes + tensor.numel() * tensor.element_size(), tensor.device);
            }
        }

        return device is null ? null : Sentence(bytes, size => Allocate(size, device));
    }

    /// <summary>Asks for so many bytes by <paramref name="allocate"/>, which throws where there is no room.</summary>
    internal static string? Sentence(long bytes, Action<long> allocate)
    {
        try
        {
            allocate(bytes);
            return null;
        }
        catch (ExternalException)
        {
            return $"The card is out of memory: {bytes} more bytes could not be had.";
        }
    }

    private static void Allocate(long bytes, Device device)
    {
        using var noGradient = no_grad();
        using var room = empty([Math.Max(bytes, 1)], ScalarType.Byte, device);
    }
}
