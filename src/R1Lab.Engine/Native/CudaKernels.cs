using System.Collections.Concurrent;

namespace R1Lab.Engine.Native;

/// <summary>
/// Kernels of our own for NVIDIA cards, compiled for each card when it first needs one. They are never the only way to a result: where they cannot be
/// had the reason is kept, nothing is tried again, and callers go their other way. Safe to use from several threads.
/// </summary>
/// <param name="name">What messages call the source text.</param>
/// <param name="source">CUDA C++ without headers; its kernels are <c>extern "C"</c>.</param>
internal sealed class CudaKernels(string name, string source)
{
    private readonly ConcurrentDictionary<int, Lazy<CudaModule>> _modules = new();
    private string? _failure;

    /// <summary>Why there are no kernels; null while none was refused.</summary>
    public string? Failure => _failure;

    /// <summary>Starts a kernel on a card, behind all that libtorch has given it to do.</summary>
    /// <param name="arguments">The kernel's parameters in order, each in the low bytes of its word.</param>
    /// <returns>False when it was not started.</returns>
    public bool TryLaunch(string function, int card, uint blocks, uint threads, params ReadOnlySpan<ulong> arguments)
    {
        if (_failure is not null) return false;
        try
        {
            _modules.GetOrAdd(card, index => new Lazy<CudaModule>(() => new CudaModule(index, name, source))).Value.Launch(function, blocks, threads, arguments);
            return true;
        }
        catch (CudaKernelException e)
        {
            Interlocked.CompareExchange(ref _failure, e.Message, null);
            return false;
        }
    }
}
