using System.Runtime.InteropServices;

namespace R1Lab.Engine.Native;

/// <summary>
/// Has a card's operators add up in the same order every time, above all the backward pass of flash attention, which else adds as its parts happen to
/// finish. A run that is repeated or resumed comes to the same numbers only so. For the whole process; the CPU's operators are left as they are.
/// </summary>
internal static unsafe class DeterministicAlgorithms
{
    /// <summary>Whether libtorch could be told; false where it exports no such switch.</summary>
    public static bool Enable() => Enabled.Value;

    private static readonly Lazy<bool> Enabled = new(() =>
    {
        if (Export("_ZN2at13globalContextEv") is not { } context || Export("_ZN2at7Context26setDeterministicAlgorithmsEbb") is not { } decide) return false;
        var global = ((delegate* unmanaged[Cdecl]<nint>)context)();
        // Operators without such a way only warn.
        ((delegate* unmanaged[Cdecl]<nint, byte, byte, void>)decide)(global, 1, 1);
        // Else every new tensor would be filled with NaN first, a debugging aid that costs a pass over memory.
        if (Export("_ZN2at7Context39setDeterministicFillUninitializedMemoryEb") is { } fill) ((delegate* unmanaged[Cdecl]<nint, byte, void>)fill)(global, 0);
        return true;
    });

    // Names as the compilers of Linux write them.
    private static nint? Export(string name) =>
        OperatingSystem.IsLinux() && LibTorch.Library("torch_cpu") is { } library && NativeLibrary.TryGetExport(library, name, out var address) ? address : null;
}
