using static TorchSharp.torch;

namespace R1Lab.Engine.Checkpoints;

/// <summary>One tensor as a safetensors header describes it.</summary>
/// <param name="Name">Its name in the file.</param>
/// <param name="Dtype">Its element type; types TorchSharp has no name for carry libtorch's own number (see <see cref="SafetensorsDtype"/>).</param>
/// <param name="Shape">Sizes of its dimensions; empty for a scalar.</param>
/// <param name="Offset">First byte, counted from the start of the file.</param>
/// <param name="Length">Bytes it takes.</param>
public sealed record TensorEntry(string Name, ScalarType Dtype, IReadOnlyList<long> Shape, long Offset, long Length)
{
    /// <summary>The element type as the file spells it, for example <c>BF16</c>.</summary>
    public string Format { get; init; } = SafetensorsDtype.NameOf(Dtype) ?? "";

    public long ElementCount => Shape.Aggregate(1L, (product, size) => product * size);
}
