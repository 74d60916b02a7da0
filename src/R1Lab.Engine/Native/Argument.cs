using System.Runtime.InteropServices;
using System.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Native;

/// <summary>
/// One value on the stack of an ATen operator call. Values convert implicitly; an argument the operator's schema marks optional
/// (<c>Tensor?</c>, <c>int?</c>, <c>float?</c>) must be given by one of the <c>Optional</c> forms or as <see cref="None"/>.
/// </summary>
public readonly struct Argument
{
    private enum Kind { None, Word, Tensor, TensorList, Integers, Text, Optional }

    private readonly Kind _kind;
    private readonly ulong _word;
    private readonly object? _object;

    private Argument(Kind kind, ulong word, object? value)
    {
        _kind = kind;
        _word = word;
        _object = value;
    }

    /// <summary>An absent optional argument.</summary>
    public static Argument None => default;

    /// <summary>A present optional argument.</summary>
    public static Argument Optional(Argument value) => new(Kind.Optional, 0, value);

    // Numbers have overloads of their own: TorchSharp converts a number to a tensor implicitly, and that conversion would be chosen.
    public static Argument Optional(double value) => Optional((Argument)value);

    public static Argument Optional(long value) => Optional((Argument)value);

    public static Argument Optional(bool value) => Optional((Argument)value);

    /// <summary>A tensor for a <c>Tensor?</c> argument, absent when null.</summary>
    public static Argument Optional(Tensor? value) => value is null ? None : Optional((Argument)value);

    public static Argument Of(IReadOnlyList<Tensor> tensors) => new(Kind.TensorList, 0, tensors);

    public static Argument Of(IReadOnlyList<long> integers) => new(Kind.Integers, 0, integers);

    public static implicit operator Argument(Tensor value) => new(Kind.Tensor, 0, value);

    public static implicit operator Argument(long value) => new(Kind.Word, (ulong)value, null);

    public static implicit operator Argument(int value) => new(Kind.Word, (ulong)(long)value, null);

    public static implicit operator Argument(double value) => new(Kind.Word, BitConverter.DoubleToUInt64Bits(value), null);

    public static implicit operator Argument(bool value) => new(Kind.Word, value ? 1UL : 0UL, null);

    public static implicit operator Argument(ScalarType value) => new(Kind.Word, (ulong)(sbyte)value, null);

    public static implicit operator Argument(string value) => new(Kind.Text, 0, value);

    /// <summary>The tensors in the value.</summary>
    internal IEnumerable<Tensor> Tensors => _kind switch
    {
        Kind.Tensor => [(Tensor)_object!],
        Kind.TensorList => (IReadOnlyList<Tensor>)_object!,
        Kind.Optional => ((Argument)_object!).Tensors,
        _ => [],
    };

    /// <summary>Writes the value as the stable ABI wants it. The callee owns what is made here.</summary>
    internal unsafe ulong Push()
    {
        switch (_kind)
        {
            case Kind.Tensor:
                return PushTensor((Tensor)_object!);
            case Kind.TensorList:
                return PushList((IReadOnlyList<Tensor>)_object!, PushTensor);
            case Kind.Integers:
                return PushList((IReadOnlyList<long>)_object!, v => (ulong)v);
            case Kind.Text:
                return PushText((string)_object!);
            case Kind.Optional:
                var cell = (ulong*)NativeMemory.Alloc(sizeof(ulong));
                *cell = ((Argument)_object!).Push();
                return (ulong)cell;
            default:
                return _word;
        }
    }

    /// <summary>For error messages: shape and type of a tensor, the value of anything else.</summary>
    public override string ToString() => _kind switch
    {
        Kind.None => "none",
        Kind.Tensor => Describe((Tensor)_object!),
        Kind.TensorList => $"[{string.Join(", ", ((IReadOnlyList<Tensor>)_object!).Take(4).Select(Describe))}{(((IReadOnlyList<Tensor>)_object!).Count > 4 ? ", ..." : "")}]",
        Kind.Integers => $"[{string.Join(", ", (IReadOnlyList<long>)_object!)}]",
        Kind.Text => $"\"{_object}\"",
        Kind.Optional => $"some {_object}",
        _ => $"0x{_word:x}",
    };

    private static string Describe(Tensor tensor) =>
        tensor.IsInvalid ? "disposed tensor" : $"{tensor.dtype}[{string.Join(",", tensor.shape)}]@{tensor.device}";

    private static ulong PushTensor(Tensor tensor)
    {
        StableAbi.Check(StableAbi.aoti_torch_new_tensor_handle(tensor.Handle, out var handle), "new tensor handle");
        return (ulong)handle;
    }

    private static ulong PushList<T>(IReadOnlyList<T> items, Func<T, ulong> push)
    {
        StableAbi.Check(StableAbi.torch_new_list_reserve_size((nuint)items.Count, out var list), "new list");
        foreach (var item in items) StableAbi.Check(StableAbi.torch_list_push_back(list, push(item)), "list push");
        return (ulong)list;
    }

    private static unsafe ulong PushText(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        fixed (byte* p = bytes)
        {
            StableAbi.Check(StableAbi.torch_new_string_handle(p, (nuint)bytes.Length, out var handle), "new string");
            return (ulong)handle;
        }
    }
}
