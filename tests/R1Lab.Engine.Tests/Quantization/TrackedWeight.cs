using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using R1Lab.Engine.Quantization;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Quantization;

/// <summary>A quantised weight that knows how many of its dense forms are alive: their memory is its own, and libtorch says when it lets go of it.</summary>
internal sealed unsafe partial class TrackedWeight(IQuantizedWeight inner) : IQuantizedWeight
{
    private static int _alive;

    public static int MostAlive { get; private set; }

    public static int Alive => _alive;

    public long Outputs => inner.Outputs;

    public long Inputs => inner.Inputs;

    public Device Device => inner.Device;

    public long MemoryBytes => inner.MemoryBytes;

    public static void Reset() => MostAlive = _alive;

    public Tensor Dense(ScalarType dtype)
    {
        using var dense = inner.Dense(dtype);
        var bytes = (nuint)(dense.numel() * dense.element_size());
        var memory = NativeMemory.Alloc(bytes);
        fixed (byte* source = dense.bytes) Buffer.MemoryCopy(source, memory, bytes, bytes);
        MostAlive = Math.Max(MostAlive, Interlocked.Increment(ref _alive));
        fixed (long* shape = dense.shape)
        {
            return Tensor.UnsafeCreateTensor(THSTensor_new((nint)memory, &Freed, shape, 2, (sbyte)dtype, (sbyte)dtype, 0, 0, 0));
        }
    }

    public void Dispose() => inner.Dispose();

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Freed(nint memory)
    {
        NativeMemory.Free((void*)memory);
        Interlocked.Decrement(ref _alive);
    }

    [LibraryImport("LibTorchSharp")]
    private static partial nint THSTensor_new(
        nint data, delegate* unmanaged[Cdecl]<nint, void> deleter, long* sizes, int dimensions, sbyte stored, sbyte wanted, int deviceType, int deviceIndex, byte requiresGrad);
}
