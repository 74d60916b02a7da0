using System.Runtime.InteropServices;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Native;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Devices;

public sealed class OutOfMemoryTests
{
    // Texts as libtorch 2.10 raises them: c10/cuda/CUDACachingAllocator.cpp, c10/core/impl/alloc_cpu.cpp, ATen/cuda/CublasHandlePool.cpp.
    public static TheoryData<Exception, bool> Errors => new()
    {
        { new ExternalException("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 23.64 GiB"), true },
        { new ExternalException("[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate 4398046511104 bytes."), true },
        { new ExternalException("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"), true },
        { new OutOfMemoryException(), true },
        { new AggregateException(new ExternalException("CUDA out of memory.")), true },
        { new InvalidOperationException("training failed", new ExternalException("CUDA out of memory.")), true },
        { new LibTorchException("There is not enough memory left for this request: shorten it, or run fewer at once."), true },
        { new CudaKernelException("Loading a module failed: out of memory (code 2)."), true },
        { new IOException("Cannot allocate memory : '/models/a/model.safetensors'"), true },
        { new ExternalException("The size of tensor a (3) must match the size of tensor b (4)"), false },
        { new IOException("No space left on device"), false },
        { new LibTorchException("aten::mm failed on (tensor, tensor)."), false },
    };

    [Theory, MemberData(nameof(Errors))]
    public void Is_AnyError_TellsMemoryFromOtherTrouble(Exception error, bool expected)
    {
        var answer = OutOfMemory.Is(error);

        Assert.Equal(expected, answer);
    }

    [Fact]
    public void Is_TensorLargerThanAnyMachine_KnowsTheRealError()
    {
        var error = Record.Exception(() => empty(1L << 50, dtype: ScalarType.Float32).Dispose());

        Assert.True(OutOfMemory.Is(error!), error?.ToString());
    }
}
