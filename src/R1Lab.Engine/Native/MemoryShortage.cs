using System.Runtime.InteropServices;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Native;

/// <summary>
/// Whether a failed operator of the stable ABI, which tells no reason, failed for want of memory on a card: the allocator counts how often it had to
/// refuse. Where it does not tell, there is none when as much as the operator was given cannot be had once more. On the CPU allocations do not fail
/// like this, so nothing is asked.
/// </summary>
internal static class MemoryShortage
{
    private static long _known;

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

        if (device is null) return null;
        if (IsNew(CudaAllocator.OutOfMemoryCount())) return "The card is out of memory: the operator needed more than there is.";
        var sentence = Sentence(bytes, size => Allocate(size, device));
        Remember();
        return sentence;
    }

    /// <summary>Refusals so far are known: only a later one explains an operator that fails later.</summary>
    public static void Remember() => IsNew(CudaAllocator.OutOfMemoryCount());

    private static bool IsNew(long count) => Interlocked.Exchange(ref _known, count) < count;

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
