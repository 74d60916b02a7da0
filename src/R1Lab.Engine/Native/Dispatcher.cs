using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Native;

/// <summary>
/// Calls any ATen operator by name through libtorch's stable C ABI: for the operators TorchSharp does not wrap. Autograd flows through.
/// Arguments of type <c>Scalar</c> are not supported by that ABI (take the <c>.Tensor</c> overload). Costs about 0.8 µs a call.
/// </summary>
public static unsafe class Dispatcher
{
    // The ABI the values below are laid out for: libtorch 2.10.
    private const ulong AbiVersion = (2UL << 56) | (10UL << 48);

    // A later libtorch may read optional arguments that were added behind those of 2.10: zeros are their absence.
    private const int LaterArguments = 8;

    /// <summary>Calls an operator that returns one tensor.</summary>
    /// <param name="op">Qualified name, for example <c>aten::rms_norm</c>.</param>
    /// <param name="overload">Overload name, empty for the default one.</param>
    /// <param name="arguments">Every argument of the schema in order; defaults are not filled in.</param>
    /// <returns>The result, owned by the caller (and by the current dispose scope).</returns>
    /// <exception cref="LibTorchException">The operator refused the call; its own text goes to standard error. A card without room is named "out of memory".</exception>
    public static Tensor Call(string op, string overload, params ReadOnlySpan<Argument> arguments) =>
        Wrap(Invoke(op, overload, 1, arguments)[0])!;

    /// <summary>Calls an operator that returns a tuple of <paramref name="results"/> tensors; an undefined one comes back as null.</summary>
    /// <inheritdoc cref="Call"/>
    public static Tensor?[] CallMany(string op, string overload, int results, params ReadOnlySpan<Argument> arguments) =>
        Array.ConvertAll(Invoke(op, overload, results, arguments), Wrap);

    /// <summary>Calls an operator that returns one list of tensors.</summary>
    /// <inheritdoc cref="Call"/>
    public static Tensor[] CallList(string op, string overload, params ReadOnlySpan<Argument> arguments)
    {
        var list = (nint)Invoke(op, overload, 1, arguments)[0];
        StableAbi.Check(StableAbi.torch_list_size(list, out var size), "list size");
        var tensors = new Tensor[(int)size];
        for (nuint i = 0; i < size; i++)
        {
            StableAbi.Check(StableAbi.torch_list_get_item(list, i, out var item), "list item");
            tensors[(int)i] = Wrap(item)!;
        }

        StableAbi.Check(StableAbi.torch_delete_list(list), "list delete");
        return tensors;
    }

    /// <summary>Calls an operator that returns nothing (most in-place <c>_foreach_</c> and fused optimizer operators).</summary>
    /// <inheritdoc cref="Call"/>
    public static void Run(string op, string overload, params ReadOnlySpan<Argument> arguments) => Invoke(op, overload, 0, arguments);

    /// <summary>Calls an operator that returns one integer.</summary>
    /// <inheritdoc cref="Call"/>
    public static long CallInteger(string op, string overload, params ReadOnlySpan<Argument> arguments) => (long)Invoke(op, overload, 1, arguments)[0];

    private static ulong[] Invoke(string op, string overload, int results, ReadOnlySpan<Argument> arguments)
    {
        LibTorch.EnsureAvailable();
        var places = Math.Max(arguments.Length, results) + LaterArguments;
        var stack = stackalloc ulong[places];
        new Span<ulong>(stack, places).Clear();
        for (var i = 0; i < arguments.Length; i++) stack[i] = arguments[i].Push();
        if (StableAbi.torch_call_dispatcher(op, overload, stack, AbiVersion) != 0) throw Refused(op, overload, arguments);
        return new ReadOnlySpan<ulong>(stack, results).ToArray();
    }

    private static Tensor? Wrap(ulong handle) => handle == 0 ? null : Tensor.UnsafeCreateTensor((nint)handle);

    private static LibTorchException Refused(string op, string overload, ReadOnlySpan<Argument> arguments)
    {
        var shown = new string[arguments.Length];
        for (var i = 0; i < shown.Length; i++) shown[i] = arguments[i].ToString();
        var name = overload.Length == 0 ? op : $"{op}.{overload}";
        var shortage = MemoryShortage.After(arguments);
        return new LibTorchException($"{name} failed on ({string.Join(", ", shown)}).{(shortage is null ? "" : $" {shortage}")}");
    }
}
