using System.IO.MemoryMappedFiles;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using R1Lab.Engine.Native;
using static TorchSharp.torch;

namespace R1Lab.Engine.Checkpoints;

/// <summary>
/// A file in memory, and tensors that look straight into it. Every such tensor keeps the mapping alive until its storage is freed, so closing the
/// file first is safe. Pages are private copies once written to: changing a tensor never changes the file.
/// </summary>
internal sealed unsafe partial class MappedFile : IDisposable
{
    private static readonly Lock Gate = new();
    private static readonly List<MappedFile> Live = [];

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _start;
    private int _references = 1;
    private bool _closed;

    private MappedFile(MemoryMappedFile file, MemoryMappedViewAccessor view, long length)
    {
        _file = file;
        _view = view;
        Length = length;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
        _start += view.PointerOffset;
    }

    public long Length { get; }

    /// <summary>Maps a file that is not empty.</summary>
    public static MappedFile Open(FileStream stream)
    {
        var file = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.CopyOnWrite, HandleInheritability.None, leaveOpen: false);
        try
        {
            var mapped = new MappedFile(file, file.CreateViewAccessor(0, stream.Length, MemoryMappedFileAccess.CopyOnWrite), stream.Length);
            lock (Gate) Live.Add(mapped);
            return mapped;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public ReadOnlySpan<byte> Bytes(long offset, int length) => new(_start + offset, length);

    public byte* Address(long offset) => _start + offset;

    /// <summary>A CPU tensor over the mapped bytes, without a copy; the bytes must be aligned for the type.</summary>
    public Tensor View(long offset, ReadOnlySpan<long> shape, ScalarType dtype)
    {
        var sizes = shape.IsEmpty ? [0L] : shape; // a scalar: the address must be valid, the count is zero
        Retain();
        fixed (long* p = sizes)
        {
            var handle = THSTensor_new((nint)(_start + offset), &Freed, p, shape.Length, (sbyte)dtype, (sbyte)dtype, 0, 0, 0);
            if (handle != 0) return Tensor.UnsafeCreateTensor(handle);
        }

        Release();
        throw new LibTorchException($"No tensor could be made over mapped memory: {Marshal.PtrToStringUTF8(THSTorch_get_and_reset_last_err())}");
    }

    /// <summary>Lets the system take back the pages of these bytes, as long as nobody wrote to them; read again, they come from the file again.</summary>
    public void Forget(long offset, long length)
    {
        if (!OperatingSystem.IsLinux()) return;
        var page = Environment.SystemPageSize;
        var (first, end) = (((long)_start + offset + page - 1) / page * page, ((long)_start + offset + length) / page * page);
        if (end > first) _ = madvise((nint)first, (nuint)(end - first), DontNeed);
    }

    public void Dispose()
    {
        lock (Gate)
        {
            if (_closed) return;
            _closed = true;
        }

        Release();
    }

    private void Retain()
    {
        lock (Gate)
        {
            ObjectDisposedException.ThrowIf(_closed, this);
            _references++;
        }
    }

    private void Release()
    {
        lock (Gate)
        {
            if (--_references > 0) return;
            Live.Remove(this);
        }

        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }

    // libtorch calls this with the address the tensor was made over, from whichever thread drops the storage.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Freed(nint address)
    {
        MappedFile? owner;
        lock (Gate) owner = Live.Find(m => address >= (nint)m._start && address < (nint)(m._start + m.Length));
        owner?.Release();
    }

    private const int DontNeed = 4; // MADV_DONTNEED

    [LibraryImport("libc")]
    private static partial int madvise(nint address, nuint length, int advice);

    [LibraryImport("LibTorchSharp")]
    private static partial nint THSTensor_new(
        nint data, delegate* unmanaged[Cdecl]<nint, void> deleter, long* sizes, int dimensions, sbyte stored, sbyte wanted, int deviceType, int deviceIndex, byte requiresGrad);

    [LibraryImport("LibTorchSharp")]
    private static partial nint THSTorch_get_and_reset_last_err();
}
