using System.IO.MemoryMappedFiles;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
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
    private readonly SafeFileHandle _handle;
    private readonly byte* _start;
    private int _references = 1;
    private bool _closed;

    private MappedFile(MemoryMappedFile file, MemoryMappedViewAccessor view, SafeFileHandle handle, long length)
    {
        _file = file;
        _handle = handle;
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
            var mapped = new MappedFile(file, file.CreateViewAccessor(0, stream.Length, MemoryMappedFileAccess.CopyOnWrite), stream.SafeFileHandle, stream.Length);
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

    /// <summary>Copies bytes out of the file by reading it, so that no page of the map comes into memory.</summary>
    /// <returns>False when the file ends before that.</returns>
    public bool ReadInto(byte* target, long offset, long length)
    {
        const int chunk = 1 << 26;
        for (var done = 0L; done < length;)
        {
            var read = RandomAccess.Read(_handle, new Span<byte>(target + done, (int)Math.Min(chunk, length - done)), offset + done);
            if (read == 0) return false;
            done += read;
        }

        return true;
    }

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

    [LibraryImport("LibTorchSharp")]
    private static partial nint THSTensor_new(
        nint data, delegate* unmanaged[Cdecl]<nint, void> deleter, long* sizes, int dimensions, sbyte stored, sbyte wanted, int deviceType, int deviceIndex, byte requiresGrad);

    [LibraryImport("LibTorchSharp")]
    private static partial nint THSTorch_get_and_reset_last_err();
}
