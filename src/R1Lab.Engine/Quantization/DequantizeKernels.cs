using System.Globalization;
using R1Lab.Engine.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Quantization;

/// <summary>
/// Dense weights on a card by one kernel each (Dequantize.cu): 2.5 bytes of memory traffic a parameter for NF4 and 3 for INT8 in a 16-bit type.
/// The numbers are those of the operators, bit for bit.
/// </summary>
internal static class DequantizeKernels
{
    private const string SourceName = "Dequantize.cu";

    // As in the source.
    private const uint Threads = 256;
    private const long ChunkSize = 8;
    private const long ChunksPerThread = 4;

    private static readonly CudaKernels Kernels = new(SourceName, Source);

    /// <summary>Why the operators are used on cards too; null while the kernels are.</summary>
    public static string? Failure => Kernels.Failure;

    /// <summary>What is compiled.</summary>
    internal static string Source
    {
        get
        {
            using var text = new StreamReader(typeof(DequantizeKernels).Assembly.GetManifestResourceStream(SourceName)!);
            var numbers = Nf4Weight.Values.Select(number => number.ToString("E8", CultureInfo.InvariantCulture) + "f"); // nine digits tell every float32 apart
            return $"#define NF4_NUMBERS {string.Join(", ", numbers)}\n{text.ReadToEnd()}";
        }
    }

    /// <summary>Fills a weight of whole blocks of 64.</summary>
    /// <param name="codes">[blocks * 32] uint8 on a card, the first of two numbers in the high half.</param>
    /// <param name="scales">[blocks] float32; null when they are quantised.</param>
    /// <param name="scaleBytes">The scales less their mean; null when they are not quantised.</param>
    /// <param name="dense">[blocks, 64] contiguous, beside the codes.</param>
    /// <returns>False when nothing was done: <see cref="Failure"/>, or another type than the kernels write.</returns>
    public static bool TryNf4(Tensor codes, Tensor? scales, ByteBlocks? scaleBytes, float scaleMean, Tensor dense)
    {
        var chunks = dense.numel() / ChunkSize;
        if (NameOf(dense.dtype) is not { } type || chunks is 0 or > int.MaxValue) return false;
        var blocks = (chunks + Threads * ChunksPerThread - 1) / (Threads * ChunksPerThread);
        var started = Kernels.TryLaunch(
            $"nf4_to_{type}", dense.device_index, (uint)blocks, Threads,
            Address(codes), Address(scaleBytes?.Codes), Address(scaleBytes?.Map), BitConverter.SingleToUInt32Bits(scaleMean), Address(scales ?? scaleBytes!.Scales),
            Address(dense), (ulong)chunks);
        GC.KeepAlive(codes);
        GC.KeepAlive(scales);
        GC.KeepAlive(scaleBytes);
        return started;
    }

    /// <summary>Fills a weight row by row.</summary>
    /// <param name="codes">[out,in] int8 on a card, contiguous.</param>
    /// <param name="scales">[out,1] float32.</param>
    /// <param name="dense">[out,in] contiguous, beside the codes.</param>
    /// <inheritdoc cref="TryNf4"/>
    public static bool TryInt8(Tensor codes, Tensor scales, Tensor dense)
    {
        var (rows, columns) = (dense.size(0), dense.size(1));
        if (NameOf(dense.dtype) is not { } type || rows is 0 or > int.MaxValue || columns is 0 or > int.MaxValue) return false;
        var started = Kernels.TryLaunch(
            $"int8_to_{type}", dense.device_index, (uint)rows, Threads, Address(codes), Address(scales), Address(dense), (ulong)columns);
        GC.KeepAlive(codes);
        GC.KeepAlive(scales);
        return started;
    }

    private static string? NameOf(ScalarType type) => type switch
    {
        ScalarType.BFloat16 => "bfloat16",
        ScalarType.Float16 => "float16",
        ScalarType.Float32 => "float",
        _ => null,
    };

    private static ulong Address(Tensor? tensor)
    {
        if (tensor is null) return 0;
        StableAbi.Check(StableAbi.aoti_torch_get_data_ptr(tensor.Handle, out var data), "data pointer");
        return (ulong)data;
    }
}
