using System.Runtime.InteropServices;

namespace R1Lab.Engine.Native;

/// <summary>
/// The stable C ABI of libtorch 2.10 (<c>torch/csrc/stable/c/shim.h</c>, <c>torch/csrc/inductor/aoti_torch/c/shim.h</c>), names as exported.
/// Every call returns 0 on success.
/// </summary>
internal static unsafe partial class StableAbi
{
    private const string Library = "torch_cpu";

    [LibraryImport(Library)]
    public static partial ulong aoti_torch_abi_version();

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int torch_call_dispatcher(string op, string overload, ulong* stack, ulong abiVersion);

    [LibraryImport(Library)]
    public static partial int aoti_torch_new_tensor_handle(nint original, out nint handle);

    [LibraryImport(Library)]
    public static partial int aoti_torch_delete_tensor_object(nint handle);

    [LibraryImport(Library)]
    public static partial int aoti_torch_get_data_ptr(nint handle, out nint data);

    [LibraryImport(Library)]
    public static partial int aoti_torch_create_tensor_from_blob(
        nint data, long dimensions, long* sizes, long* strides, long storageOffset, int dtype, int deviceType, int deviceIndex, out nint handle);

    [LibraryImport(Library)]
    public static partial int torch_new_list_reserve_size(nuint size, out nint list);

    [LibraryImport(Library)]
    public static partial int torch_list_push_back(nint list, ulong value);

    [LibraryImport(Library)]
    public static partial int torch_list_size(nint list, out nuint size);

    [LibraryImport(Library)]
    public static partial int torch_list_get_item(nint list, nuint index, out ulong value);

    [LibraryImport(Library)]
    public static partial int torch_delete_list(nint list);

    [LibraryImport(Library)]
    public static partial int torch_new_string_handle(byte* text, nuint length, out nint handle);

    public static void Check(int code, string what)
    {
        if (code != 0) throw new LibTorchException($"{what} failed (code {code}).");
    }
}
