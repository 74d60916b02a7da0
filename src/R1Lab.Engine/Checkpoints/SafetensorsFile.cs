using R1Lab.Engine.Devices;
using R1Lab.Engine.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Checkpoints;

/// <summary>
/// A safetensors file, checked in full before any tensor is handed out (<see href="https://github.com/huggingface/safetensors#format"/>). It is mapped into
/// memory where a tensor can be a view of it. Safe to use from several threads.
/// </summary>
public sealed class SafetensorsFile : IDisposable
{
    // Where libtorch starts every tensor of its own on the CPU (c10/core/alignment.h).
    private const int TensorAlignment = 64;

    private const int ReadAtOnce = 1 << 26;

    private readonly FileStream _stream;
    private readonly Lazy<MappedFile?> _mapped;

    private SafetensorsFile(string path, FileStream stream, long length, SafetensorsHeader header)
    {
        Path = path;
        Length = length;
        _stream = stream;
        _mapped = new Lazy<MappedFile?>(() => MappedFile.TryOpen(stream, length));
        Tensors = header.Tensors;
        Metadata = header.Metadata;
    }

    public string Path { get; }

    public IReadOnlyDictionary<string, TensorEntry> Tensors { get; }

    /// <summary>The strings under <c>__metadata__</c>; empty when there are none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <exception cref="BadInputException">The file is missing, is of a kind that is never opened, or breaks a rule of the format; the message names file, tensor and reason.</exception>
    public static SafetensorsFile Open(string path)
    {
        WeightFiles.RefuseByName(path);
        var stream = OpenForReading(path);
        try
        {
            var fileLength = stream.Length;
            var length = SafetensorsHeader.ReadLength(path, ReadPart(path, stream, 0, (int)Math.Min(fileLength, SafetensorsHeader.LengthBytes)), fileLength);
            var header = SafetensorsHeader.Parse(path, ReadPart(path, stream, SafetensorsHeader.LengthBytes, length), fileLength);
            return new SafetensorsFile(path, stream, fileLength, header);
        }
        catch (Exception e)
        {
            stream.Dispose();
            if (e is IOException or UnauthorizedAccessException) throw new BadInputException(path, null, "file_unreadable", $"the file cannot be read: {e.Message}");
            throw;
        }
    }

    /// <summary>
    /// One tensor. On the CPU in its own type it is a view of the mapped file where that gives the same numbers as a copy and the file can be kept from
    /// being cut meanwhile: no bytes are copied, and the mapping lives as long as the tensor, even after this file is disposed. Writing to such a tensor changes only this process's memory, never the file.
    /// </summary>
    /// <param name="name">A key of <see cref="Tensors"/>.</param>
    /// <param name="device">Where the tensor is wanted.</param>
    /// <param name="dtype">The element type wanted; null keeps the file's.</param>
    /// <param name="own">Never a view: for what will be written to, or is only passing through.</param>
    /// <exception cref="BadInputException">The file has no such tensor, or its element type cannot be computed with, or it was cut meanwhile.</exception>
    public Tensor Read(string name, ComputeDevice device, ScalarType? dtype = null, bool own = false)
    {
        if (!Tensors.TryGetValue(name, out var entry)) throw new BadInputException(Path, $"tensor \"{name}\"", "tensor_not_in_file", $"is not in the file");
        if (SafetensorsDtype.Find(entry.Format)?.Scalar is null) throw new BadInputException(Path, $"tensor \"{name}\"", "tensor_dtype", $"dtype {entry.Format} cannot be read as a tensor");
        var wanted = dtype ?? entry.Dtype;
        var here = device.Kind == DeviceType.CPU;
        if (here && wanted == entry.Dtype) return own ? Copy(entry) : View(entry);
        // Read past the map: pages of the file would stay in memory beside what they were turned into.
        using var stored = Copy(entry);
        if (here) return stored.to_type(wanted);
        // Moved before converted: the file's type is usually the smaller one to send.
        var moved = stored.to(device.Torch);
        if (wanted == entry.Dtype) return moved;
        using (moved) return moved.to_type(wanted);
    }

    /// <summary>Closes the file. Tensors already read stay valid.</summary>
    public void Dispose()
    {
        if (_mapped is { IsValueCreated: true, Value: { } mapped }) mapped.Dispose();
        else _stream.Dispose();
    }

    /// <summary>The file's bytes, for a fingerprint.</summary>
    internal byte[] Bytes(long offset, int length) => ReadPart(Path, _stream, offset, length);

    internal long Length { get; }

    private Tensor View(TensorEntry entry)
    {
        if (entry.Length == 0) return empty([.. entry.Shape], entry.Dtype);
        if (entry.Offset % ViewAlignment(entry) != 0) return Copy(entry); // a mapping starts on a page
        return _mapped.Value?.View(entry.Offset, [.. entry.Shape], entry.Dtype) ?? Copy(entry);
    }

    // MKL adds in another order where an array starts elsewhere: the same weights would give other last bits in a file with a longer header. The
    // kernels of narrower types load whole vectors from any address, and their weights are the large ones, which are worth reading in place.
    private static int ViewAlignment(TensorEntry entry) =>
        entry.Dtype is ScalarType.Float32 or ScalarType.Float64 ? TensorAlignment : SafetensorsDtype.Find(entry.Format)!.Bits / 8;

    private unsafe Tensor Copy(TensorEntry entry)
    {
        var copy = empty([.. entry.Shape], entry.Dtype);
        if (entry.Length == 0) return copy;
        StableAbi.Check(StableAbi.aoti_torch_get_data_ptr(copy.Handle, out var data), "data pointer");
        try
        {
            for (var done = 0L; done < entry.Length;)
                done += ReadSome(Path, _stream, new Span<byte>((byte*)data + done, (int)Math.Min(ReadAtOnce, entry.Length - done)), entry.Offset + done);
            return copy;
        }
        catch
        {
            copy.Dispose();
            throw;
        }
    }

    private static byte[] ReadPart(string path, FileStream stream, long offset, int length)
    {
        var bytes = new byte[length];
        for (var done = 0; done < length;) done += ReadSome(path, stream, bytes.AsSpan(done), offset + done);
        return bytes;
    }

    // Read, not mapped: no page of the file comes into the memory of this process, and a file that is cut meanwhile is an error and not the end.
    private static int ReadSome(string path, FileStream stream, Span<byte> target, long offset) =>
        RandomAccess.Read(stream.SafeFileHandle, target, offset) is > 0 and var read ? read : throw new BadInputException(path, null, "file_shorter", $"the file became shorter while it was read");

    private static FileStream OpenForReading(string path)
    {
        try
        {
            if (Directory.Exists(path)) throw new BadInputException(path, null, "file_is_folder", $"this is a folder, not a safetensors file");
            return BoundedFile.OpenRead(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException(path, null, e is FileNotFoundException or DirectoryNotFoundException
                ? Fault.Of("file_absent", $"the file does not exist")
                : Fault.Of("file_unreadable", $"the file cannot be read: {e.Message}"));
        }
    }
}
