using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Text;
using R1Lab.Engine.Devices;

namespace R1Lab.Engine.Native;

/// <summary>
/// Machine code of our own loaded on one card, in the context libtorch works in (the card's primary context). It stays loaded until the process ends.
/// </summary>
internal sealed unsafe class CudaModule
{
    private const int ComputeCapabilityMajor = 75; // CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR
    private const int ComputeCapabilityMinor = 76;

    private readonly int _card;
    private readonly nint _context;
    private readonly nint _module;
    private readonly ConcurrentDictionary<string, nint> _functions = new(StringComparer.Ordinal);
    private readonly delegate* unmanaged[Cdecl]<nint, int> _push;
    private readonly delegate* unmanaged[Cdecl]<nint*, int> _pop;
    private readonly delegate* unmanaged[Cdecl]<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**, int> _launch;
    private readonly delegate* unmanaged[Cdecl]<int, nint*, int> _currentStream;

    /// <summary>Compiles and loads.</summary>
    /// <param name="card">As libtorch counts; the driver counts alike.</param>
    /// <exception cref="CudaKernelException">There is no such card, no compiler, or the text has errors.</exception>
    public CudaModule(int card, string name, string source)
    {
        _card = card;
        _push = (delegate* unmanaged[Cdecl]<nint, int>)Export("cuCtxPushCurrent_v2");
        _pop = (delegate* unmanaged[Cdecl]<nint*, int>)Export("cuCtxPopCurrent_v2");
        _launch = (delegate* unmanaged[Cdecl]<nint, uint, uint, uint, uint, uint, uint, uint, nint, void**, void**, int>)Export("cuLaunchKernel");
        _currentStream = (delegate* unmanaged[Cdecl]<int, nint*, int>)StreamFunction();
        var device = DeviceOf(card);
        var code = Nvrtc.Compile(name, source, Architecture(device));
        _context = PrimaryContext(device);
        _module = Load(code);
    }

    /// <summary>Starts a kernel behind what libtorch has given the card to do on this thread's stream; does not wait for it.</summary>
    /// <param name="arguments">The kernel's parameters in order, each in the low bytes of its word.</param>
    /// <exception cref="CudaKernelException">There is no such function, or the driver refused.</exception>
    public void Launch(string function, uint blocks, uint threads, ReadOnlySpan<ulong> arguments)
    {
        var address = _functions.GetOrAdd(function, Find);
        fixed (ulong* words = arguments)
        {
            var parameters = stackalloc void*[arguments.Length];
            for (var i = 0; i < arguments.Length; i++) parameters[i] = words + i;
            using var _ = new CurrentContext(this);
            Check(_launch(address, blocks, 1, 1, threads, 1, 1, 0, Stream(), parameters, null), function);
        }
    }

    private nint Load(byte[] code)
    {
        var load = (delegate* unmanaged[Cdecl]<nint*, byte*, int>)Export("cuModuleLoadData");
        nint module;
        using var _ = new CurrentContext(this);
        fixed (byte* image = code) Check(load(&module, image), "cuModuleLoadData");
        return module;
    }

    private nint Find(string function)
    {
        var find = (delegate* unmanaged[Cdecl]<nint*, nint, byte*, int>)Export("cuModuleGetFunction");
        nint address;
        using var _ = new CurrentContext(this);
        fixed (byte* name = Encoding.ASCII.GetBytes(function + '\0')) Check(find(&address, _module, name), function);
        return address;
    }

    private nint Stream()
    {
        nint stream;
        return _currentStream != null && _currentStream(_card, &stream) == 0 ? stream : 0;
    }

    // Without it the stream is 0, libtorch's own until somebody chooses another, which nothing here does.
    private static nint StreamFunction() =>
        LibTorch.Library("torch_cuda") is { } library && NativeLibrary.TryGetExport(library, "aoti_torch_get_current_cuda_stream", out var address) ? address : 0;

    private static int DeviceOf(int card)
    {
        int device;
        Check(((delegate* unmanaged[Cdecl]<int*, int, int>)Export("cuDeviceGet"))(&device, card), "cuDeviceGet");
        return device;
    }

    private static string Architecture(int device)
    {
        var attribute = (delegate* unmanaged[Cdecl]<int*, int, int, int>)Export("cuDeviceGetAttribute");
        int major, minor;
        Check(attribute(&major, ComputeCapabilityMajor, device), "cuDeviceGetAttribute");
        Check(attribute(&minor, ComputeCapabilityMinor, device), "cuDeviceGetAttribute");
        return $"sm_{major}{minor}";
    }

    private static nint PrimaryContext(int device)
    {
        nint context;
        Check(((delegate* unmanaged[Cdecl]<nint*, int, int>)Export("cuDevicePrimaryCtxRetain"))(&context, device), "cuDevicePrimaryCtxRetain");
        return context;
    }

    private static nint Export(string name) => CudaDriver.Export(name) is var address and not 0
        ? address
        : throw new CudaKernelException($"The NVIDIA driver is not installed or has no {name}.");

    private static void Check(int code, string what)
    {
        if (code == 0) return;
        byte* text = null;
        var describe = (delegate* unmanaged[Cdecl]<int, byte**, int>)CudaDriver.Export("cuGetErrorString");
        if (describe != null) _ = describe(code, &text);
        throw new CudaKernelException($"{what} failed: {Marshal.PtrToStringUTF8((nint)text) ?? "unknown error"} (code {code}).");
    }

    // A thread that has not yet used the card has no context, and one that works on several cards has another's: theirs is put back at the end,
    // so that libtorch still finds the card it had chosen.
    private readonly ref struct CurrentContext
    {
        private readonly CudaModule _module;

        public CurrentContext(CudaModule module)
        {
            _module = module;
            Check(module._push(module._context), "cuCtxPushCurrent");
        }

        public void Dispose()
        {
            nint popped;
            _ = _module._pop(&popped);
        }
    }
}
