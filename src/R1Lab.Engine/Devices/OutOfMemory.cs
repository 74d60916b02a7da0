using System.Runtime.InteropServices;
using R1Lab.Engine.Native;

namespace R1Lab.Engine.Devices;

/// <summary>Tells an error of too little memory from others. libtorch has no exception type for it that reaches .NET; its text tells.</summary>
public static class OutOfMemory
{
    // c10's CUDA caching allocator, its CPU allocator, the C library's ENOMEM, cuBLAS and cuDNN handles, and the driver itself.
    private static readonly string[] Texts =
    [
        "out of memory", "Tried to allocate", "can't allocate memory", "cannot allocate memory", "not enough memory",
        "CUBLAS_STATUS_ALLOC_FAILED", "CUDNN_STATUS_ALLOC_FAILED",
    ];

    /// <summary>True when <paramref name="error"/>, or an error it wraps, means that the device or the machine had too little memory.</summary>
    public static bool Is(Exception error)
    {
        if (!Tells(error)) return false;
        MemoryShortage.Remember();
        return true;
    }

    private static bool Tells(Exception error) => error switch
    {
        OutOfMemoryException => true,
        AggregateException many => many.InnerExceptions.Any(Tells),
        ExternalException or InvalidOperationException or LibTorchException or CudaKernelException or IOException => Says(error) || Inner(error),
        _ => Inner(error),
    };

    private static bool Says(Exception error) => Array.Exists(Texts, text => error.Message.Contains(text, StringComparison.OrdinalIgnoreCase));

    private static bool Inner(Exception error) => error.InnerException is { } inner && Tells(inner);
}
