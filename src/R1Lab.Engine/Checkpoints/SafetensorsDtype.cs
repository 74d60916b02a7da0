using static TorchSharp.torch;

namespace R1Lab.Engine.Checkpoints;

/// <summary>
/// Element types of the safetensors format. Their order is the order of the format's own library: a writer puts the later ones first.
/// Types TorchSharp has no enumeration member for are libtorch's numbers (<c>c10/core/ScalarType.h</c>): tensors of them can be read and converted.
/// </summary>
/// <param name="Name">Spelling in a header.</param>
/// <param name="Scalar">libtorch's type; null where libtorch has none of one element each.</param>
/// <param name="Bits">Bits an element.</param>
public sealed record SafetensorsDtype(string Name, ScalarType? Scalar, int Bits)
{
    public const ScalarType Float8E5M2 = (ScalarType)23;
    public const ScalarType Float8E4M3 = (ScalarType)24;
    public const ScalarType Float8E5M2Fnuz = (ScalarType)25;
    public const ScalarType Float8E4M3Fnuz = (ScalarType)26;
    public const ScalarType Float8E8M0 = (ScalarType)44;
    public const ScalarType UInt16 = (ScalarType)27;
    public const ScalarType UInt32 = (ScalarType)28;
    public const ScalarType UInt64 = (ScalarType)29;

    /// <summary>Every type, in the format's order.</summary>
    public static IReadOnlyList<SafetensorsDtype> All { get; } =
    [
        new("BOOL", ScalarType.Bool, 8),
        new("F4", null, 4),
        new("F6_E2M3", null, 6),
        new("F6_E3M2", null, 6),
        new("U8", ScalarType.Byte, 8),
        new("I8", ScalarType.Int8, 8),
        new("F8_E5M2", Float8E5M2, 8),
        new("F8_E4M3", Float8E4M3, 8),
        new("F8_E8M0", Float8E8M0, 8),
        new("F8_E4M3FNUZ", Float8E4M3Fnuz, 8),
        new("F8_E5M2FNUZ", Float8E5M2Fnuz, 8),
        new("I16", ScalarType.Int16, 16),
        new("U16", UInt16, 16),
        new("F16", ScalarType.Float16, 16),
        new("BF16", ScalarType.BFloat16, 16),
        new("I32", ScalarType.Int32, 32),
        new("U32", UInt32, 32),
        new("F32", ScalarType.Float32, 32),
        new("C64", ScalarType.ComplexFloat32, 64),
        new("F64", ScalarType.Float64, 64),
        new("I64", ScalarType.Int64, 64),
        new("U64", UInt64, 64),
    ];

    private static readonly Dictionary<string, SafetensorsDtype> ByName = All.ToDictionary(d => d.Name, StringComparer.Ordinal);

    private static readonly Dictionary<ScalarType, int> Ranks = Enumerable.Range(0, All.Count)
        .Where(i => All[i].Scalar is not null).ToDictionary(i => All[i].Scalar!.Value);

    public static SafetensorsDtype? Find(string name) => ByName.GetValueOrDefault(name);

    public static SafetensorsDtype? Find(ScalarType scalar) => Ranks.TryGetValue(scalar, out var rank) ? All[rank] : null;

    /// <summary>What PyTorch calls the type that most bytes of these tensors have; null where there are no tensors.</summary>
    internal static string? MostOf(IEnumerable<TensorEntry> tensors) =>
        tensors.GroupBy(tensor => tensor.Format).MaxBy(one => one.Sum(tensor => tensor.Length))?.Key switch
        {
            "F32" => "float32",
            "BF16" => "bfloat16",
            "F16" => "float16",
            "F64" => "float64",
            var other => other?.ToLowerInvariant(),
        };

    /// <summary>The header's spelling of a type; null when the format has none.</summary>
    public static string? NameOf(ScalarType scalar) => Find(scalar)?.Name;

    /// <summary>Place in the format's order; -1 for a type the format does not have.</summary>
    internal static int Rank(ScalarType scalar) => Ranks.GetValueOrDefault(scalar, -1);
}
