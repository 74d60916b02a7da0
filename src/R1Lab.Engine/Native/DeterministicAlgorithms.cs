using System.Runtime.InteropServices;

namespace R1Lab.Engine.Native;

/// <summary>
/// While it lives, a card's operators add up in the same order every time, above all the backward pass of flash attention, which else adds as its parts
/// happen to finish. A run that is repeated or resumed comes to the same numbers only so. For the whole process; the CPU's operators always do.
/// </summary>
/// <remarks>An operator that cannot is refused by libtorch, so this covers training passes only, where there is none, and not sampling.</remarks>
internal sealed unsafe class DeterministicAlgorithms : IDisposable
{
    private static readonly Lazy<(nint Context, nint Decide)?> Switch = new(Find);

    /// <param name="wanted">False: nothing changes.</param>
    public DeterministicAlgorithms(bool wanted) => IsOn = wanted && Set(true);

    /// <summary>Whether libtorch could be told.</summary>
    public bool IsOn { get; }

    /// <summary>Whether an operator was refused because it has no such way on this device.</summary>
    public static bool Lacks(Exception error) =>
        error.Message.Contains("does not have a deterministic implementation", StringComparison.Ordinal) || (error.InnerException is { } inner && Lacks(inner));

    public void Dispose()
    {
        if (IsOn) Set(false);
    }

    private static bool Set(bool on)
    {
        if (Switch.Value is not { } found) return false;
        // The last argument would only warn: attention then goes on as before.
        ((delegate* unmanaged[Cdecl]<nint, byte, byte, void>)found.Decide)(found.Context, on ? (byte)1 : (byte)0, 0);
        return true;
    }

    private static (nint Context, nint Decide)? Find()
    {
        if (Export("_ZN2at13globalContextEv") is not { } context || Export("_ZN2at7Context26setDeterministicAlgorithmsEbb") is not { } decide) return null;
        var global = ((delegate* unmanaged[Cdecl]<nint>)context)();
        // Else every new tensor would be filled with NaN first, a debugging aid that costs a pass over memory.
        if (Export("_ZN2at7Context39setDeterministicFillUninitializedMemoryEb") is { } fill) ((delegate* unmanaged[Cdecl]<nint, byte, void>)fill)(global, 0);
        return (global, decide);
    }

    // Names as the compilers of Linux write them.
    private static nint? Export(string name) =>
        OperatingSystem.IsLinux() && LibTorch.Library("torch_cpu") is { } library && NativeLibrary.TryGetExport(library, name, out var address) ? address : null;
}
