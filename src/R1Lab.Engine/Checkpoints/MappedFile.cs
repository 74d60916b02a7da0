using System.IO.MemoryMappedFiles;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using R1Lab.Engine.Native;
using static TorchSharp.torch;

namespace R1Lab.Engine.Checkpoints;

/// <summary>
/// A file in memory, and tensors that look straight into it. Every such tensor keeps the mapping alive until its storage is freed, so closing the
/// file first is safe. Pages are private copies once written to: changing a tensor never changes the file.
/// Reading a page that was cut off a mapped file ends the process (SIGBUS), so a file is mapped under a lease only: before somebody may write to it, its
/// pages are replaced by memory of this process, at the same addresses.
/// </summary>
internal sealed unsafe partial class MappedFile : IDisposable
{
    private const long MovedAtOnce = 1 << 26;
    private const int ReadWrite = 3; // PROT_READ | PROT_WRITE
    private const int PrivateAnonymous = 0x22; // MAP_PRIVATE | MAP_ANONYMOUS
    private const int MoveToFixed = 3; // MREMAP_MAYMOVE | MREMAP_FIXED

    private static readonly Lock Gate = new();
    private static readonly List<MappedFile> Live = [];

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly FileStream _stream;
    private readonly byte* _start;
    private int _references = 1;
    private bool _closed;
    private bool _left;

    private MappedFile(FileStream stream, long length, MemoryMappedFile file, MemoryMappedViewAccessor view)
    {
        _file = file;
        _stream = stream;
        _view = view;
        Length = length;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref _start);
        _start += view.PointerOffset;
    }

    public long Length { get; }

    /// <summary>Maps a file of this length; null where the system gives no lease on it. The stream is closed with the mapping then.</summary>
    public static MappedFile? TryOpen(FileStream stream, long length)
    {
        if (!FileLease.TryTake(stream.SafeFileHandle)) return null;
        if (RandomAccess.Read(stream.SafeFileHandle, stackalloc byte[1], length - 1) == 0) // it was cut before the lease was there
        {
            FileLease.GiveBack(stream.SafeFileHandle);
            return null;
        }

        var file = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.CopyOnWrite, HandleInheritability.None, leaveOpen: true);
        try
        {
            var mapped = new MappedFile(stream, length, file, file.CreateViewAccessor(0, length, MemoryMappedFileAccess.CopyOnWrite));
            lock (Gate) Live.Add(mapped);
            LeaseWatch.Add(mapped);
            return mapped;
        }
        catch
        {
            file.Dispose();
            FileLease.GiveBack(stream.SafeFileHandle);
            throw;
        }
    }

    /// <summary>Makes the mapping independent of the file once somebody waits to write to it, and lets them.</summary>
    internal void LeaveIfWanted()
    {
        lock (Gate)
        {
            if (_references == 0 || _left || !FileLease.IsWanted(_stream.SafeFileHandle)) return;
            _references++; // the pages must stay while they are copied
        }

        if (CopyPages())
        {
            _left = true;
            FileLease.GiveBack(_stream.SafeFileHandle);
        }

        Release();
    }

    // Whoever reads the tensors meanwhile finds the same bytes before and after: mremap puts a copy in the place of the file's pages at once.
    private bool CopyPages()
    {
        for (var done = 0L; done < Length; done += MovedAtOnce)
        {
            var bytes = Math.Min(MovedAtOnce, Length - done);
            var whole = (nint)((bytes + Environment.SystemPageSize - 1) / Environment.SystemPageSize * Environment.SystemPageSize);
            var copy = mmap(0, whole, ReadWrite, PrivateAnonymous, -1, 0);
            if (copy == -1) return false; // no memory now: tried again until the system takes the lease
            Buffer.MemoryCopy(_start + done, (void*)copy, whole, bytes);
            if (mremap(copy, whole, whole, MoveToFixed, (nint)(_start + done)) != -1) continue;
            _ = munmap(copy, whole);
            return false;
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

        LeaseWatch.Remove(this);
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
        _stream.Dispose(); // and the lease with it
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

    [LibraryImport("libc")]
    private static partial nint mmap(nint address, nint length, int protection, int flags, int file, nint offset);

    [LibraryImport("libc")]
    private static partial int munmap(nint address, nint length);

    [LibraryImport("libc")]
    private static partial nint mremap(nint address, nint oldLength, nint newLength, int flags, nint newAddress);

    [LibraryImport("LibTorchSharp")]
    private static partial nint THSTorch_get_and_reset_last_err();
}
