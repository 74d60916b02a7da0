using R1Lab.Engine.Devices;
using R1Lab.Engine.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Checkpoints;

/// <summary>
/// A safetensors file, mapped into memory and checked in full before any tensor is handed out
/// (<see href="https://github.com/huggingface/safetensors#format"/>). Safe to use from several threads.
/// </summary>
public sealed class SafetensorsFile : IDisposable
{
    // Where libtorch starts every tensor of its own on the CPU (c10/core/alignment.h).
    private const int TensorAlignment = 64;

    private readonly MappedFile _mapped;

    private SafetensorsFile(string path, MappedFile mapped, SafetensorsHeader header)
    {
        Path = path;
        _mapped = mapped;
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
        MappedFile? mapped = null;
        try
        {
            if (stream.Length < SafetensorsHeader.LengthBytes) SafetensorsHeader.ReadLength(path, new byte[stream.Length], stream.Length);
            mapped = MappedFile.Open(stream);
            var length = SafetensorsHeader.ReadLength(path, mapped.Bytes(0, SafetensorsHeader.LengthBytes), mapped.Length);
            var header = SafetensorsHeader.Parse(path, mapped.Bytes(SafetensorsHeader.LengthBytes, length), mapped.Length);
            return new SafetensorsFile(path, mapped, header);
        }
        catch (Exception e)
        {
            mapped?.Dispose();
            stream.Dispose();
            if (e is IOException or UnauthorizedAccessException) throw new BadInputException(path, null, $"the file cannot be read: {e.Message}");
            throw;
        }
    }

    /// <summary>
    /// One tensor. On the CPU in its own type it is a view of the mapped file where that gives the same numbers as a copy: no bytes are copied, and
    /// the mapping lives as long as the tensor, even after this file is disposed. Writing to such a tensor changes only this process's memory, never the file.
    /// </summary>
    /// <param name="name">A key of <see cref="Tensors"/>.</param>
    /// <param name="device">Where the tensor is wanted.</param>
    /// <param name="dtype">The element type wanted; null keeps the file's.</param>
    /// <param name="own">Never a view: for what will be written to, or is only passing through.</param>
    /// <exception cref="BadInputException">The file has no such tensor, or its element type cannot be computed with, or it was cut meanwhile.</exception>
    public Tensor Read(string name, ComputeDevice device, ScalarType? dtype = null, bool own = false)
    {
        if (!Tensors.TryGetValue(name, out var entry)) throw new BadInputException(Path, $"tensor \"{name}\"", "is not in the file");
        if (SafetensorsDtype.Find(entry.Format)?.Scalar is null) throw new BadInputException(Path, $"tensor \"{name}\"", $"dtype {entry.Format} cannot be read as a tensor");
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
    public void Dispose() => _mapped.Dispose();

    /// <summary>The file's bytes, for a fingerprint.</summary>
    internal ReadOnlySpan<byte> Bytes(long offset, int length) => _mapped.Bytes(offset, length);

    internal long Length => _mapped.Length;

    private Tensor View(TensorEntry entry)
    {
        if (entry.Length == 0) return empty([.. entry.Shape], entry.Dtype);
        return entry.Offset % ViewAlignment(entry) == 0 ? _mapped.View(entry.Offset, [.. entry.Shape], entry.Dtype) : Copy(entry); // a mapping starts on a page
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
        if (_mapped.ReadInto((byte*)data, entry.Offset, entry.Length)) return copy;
        copy.Dispose();
        throw new BadInputException(Path, null, "the file became shorter while it was read");
    }

    private static FileStream OpenForReading(string path)
    {
        try
        {
            if (Directory.Exists(path)) throw new BadInputException(path, null, "this is a folder, not a safetensors file");
            return BoundedFile.OpenRead(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException(path, null, e is FileNotFoundException or DirectoryNotFoundException ? "the file does not exist" : $"the file cannot be read: {e.Message}");
        }
    }
}
