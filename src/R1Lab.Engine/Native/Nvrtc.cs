using System.Runtime.InteropServices;
using System.Text;

namespace R1Lab.Engine.Native;

/// <summary>
/// NVIDIA's run-time compiler (<see href="https://docs.nvidia.com/cuda/nvrtc/"/>), which comes with every libtorch for CUDA: makes machine code for a
/// card from C++ text. It needs no card itself.
/// </summary>
internal static unsafe class Nvrtc
{
    private static readonly Lazy<nint> Library = new(() => Candidates().Select(Load).FirstOrDefault(library => library != 0));

    public static bool IsAvailable => Library.Value != 0;

    /// <summary>Compiles a translation unit without any header.</summary>
    /// <param name="name">What the compiler's messages call the text.</param>
    /// <param name="architecture">Of the card, such as <c>sm_90</c>.</param>
    /// <returns>A cubin, to be loaded by the driver.</returns>
    /// <exception cref="CudaKernelException">There is no compiler, it does not know the card, or the text has errors.</exception>
    public static byte[] Compile(string name, string source, string architecture)
    {
        if (!IsAvailable) throw new CudaKernelException("NVIDIA's run-time compiler (NVRTC) was not found beside libtorch.");
        nint program;
        fixed (byte* text = Utf8(source), title = Utf8(name))
        {
            var create = (delegate* unmanaged[Cdecl]<nint*, byte*, byte*, int, byte**, byte**, int>)Export("nvrtcCreateProgram");
            Check(create(&program, text, title, 0, null, null), "could not start");
        }

        try
        {
            CompileProgram(program, architecture);
            return Output(program, "nvrtcGetCUBINSize", "nvrtcGetCUBIN");
        }
        finally
        {
            ((delegate* unmanaged[Cdecl]<nint*, int>)Export("nvrtcDestroyProgram"))(&program);
        }
    }

    private static void CompileProgram(nint program, string architecture)
    {
        var compile = (delegate* unmanaged[Cdecl]<nint, int, byte**, int>)Export("nvrtcCompileProgram");
        fixed (byte* target = Utf8($"--gpu-architecture={architecture}"), language = Utf8("--std=c++17"))
        {
            var options = stackalloc byte*[] { target, language };
            if (compile(program, 2, options) is var code and not 0) Check(code, $"for {architecture} said: {Log(program)}");
        }
    }

    // One error may bring a hundred others: the first line tells.
    private static string Log(nint program) =>
        Encoding.UTF8.GetString(Output(program, "nvrtcGetProgramLogSize", "nvrtcGetProgramLog")).TrimEnd('\0').Trim().Split('\n')[0];

    private static byte[] Output(nint program, string sizeFunction, string function)
    {
        nuint size;
        Check(((delegate* unmanaged[Cdecl]<nint, nuint*, int>)Export(sizeFunction))(program, &size), sizeFunction);
        var output = new byte[size];
        fixed (byte* bytes = output) Check(((delegate* unmanaged[Cdecl]<nint, byte*, int>)Export(function))(program, bytes), function);
        return output;
    }

    private static void Check(int code, string what)
    {
        if (code == 0) return;
        var name = Marshal.PtrToStringUTF8((nint)((delegate* unmanaged[Cdecl]<int, byte*>)Export("nvrtcGetErrorString"))(code));
        throw new CudaKernelException($"NVIDIA's run-time compiler {what} ({name}).");
    }

    private static nint Export(string name) => NativeLibrary.TryGetExport(Library.Value, name, out var address)
        ? address
        : throw new CudaKernelException($"NVIDIA's run-time compiler has no {name}: it is too old.");

    private static byte[] Utf8(string text) => Encoding.UTF8.GetBytes(text + '\0');

    private static nint Load(string library) => NativeLibrary.TryLoad(library, out var handle) && NativeLibrary.TryGetExport(handle, "nvrtcCreateProgram", out _) ? handle : 0;

    // libtorch's own first: libcaffe2_nvrtc knows by its run path where the compiler lies and under what name, and the symbols of what a library
    // needs are found through it. Then beside libtorch, in the packages beside a PyTorch of Python, and where the system looks.
    private static IEnumerable<string> Candidates()
    {
        var windows = OperatingSystem.IsWindows();
        if (LibTorch.Folder is { } folder)
        {
            if (!windows) yield return Path.Combine(folder, "libcaffe2_nvrtc.so");
            string[] folders = [folder, Path.Combine(folder, "../../nvidia/cu13/lib"), Path.Combine(folder, "../../nvidia/cuda_nvrtc/lib")];
            var files = folders.Where(Directory.Exists).SelectMany(place => Directory.EnumerateFiles(place, windows ? "nvrtc64_*.dll" : "libnvrtc.so*"));
            foreach (var file in files) yield return file;
        }

        if (windows) yield break;
        foreach (var name in (string[])["libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so"]) yield return name;
    }
}
