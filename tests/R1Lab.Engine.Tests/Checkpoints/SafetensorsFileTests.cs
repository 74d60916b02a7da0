using System.Buffers.Binary;
using System.Text;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Native;
using R1Lab.Tests.Shared;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Checkpoints;

public sealed class SafetensorsFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_GoldenCheckpoint_IsAViewOfTheFile()
    {
        using var scope = NewDisposeScope();
        var path = ReferenceFiles.Golden("huggingface", "models", "llama_base", "model.safetensors");
        using var file = SafetensorsFile.Open(path);

        var norm = file.Read("model.norm.weight", ComputeDevice.Cpu);

        var entry = file.Tensors["model.norm.weight"];
        var bytes = File.ReadAllBytes(path).AsSpan((int)entry.Offset, (int)entry.Length).ToArray();
        Assert.Equal((ScalarType.Float32, 64L), (norm.dtype, norm.shape[0]));
        Assert.Equal(bytes, norm.bytes.ToArray());
        Assert.Equal("pt", file.Metadata["format"]);
    }

    /// <summary>A file may put its tensors anywhere: behind a header of any length, behind tensors of any size.</summary>
    public static TheoryData<int> Paddings => [.. Enumerable.Range(0, 16).Select(step => step * 4)];

    [Theory, MemberData(nameof(Paddings))]
    public void Read_Float32AnywhereInTheFile_StartsWhereATensorOfOurOwnWould(int padding)
    {
        using var scope = NewDisposeScope();
        var (plain, padded) = (_folder.Path("plain.safetensors"), _folder.Path("padded.safetensors"));
        SafetensorsWriter.Write(plain, [new("x", arange(100, dtype: ScalarType.Float32))]);
        PaddedHeader.Write(plain, padded, padding);
        using var file = SafetensorsFile.Open(padded);

        var x = file.Read("x", ComputeDevice.Cpu);

        StableAbi.Check(StableAbi.aoti_torch_get_data_ptr(x.Handle, out var address), "data pointer");
        Assert.Equal(0, address % 64);
        Assert.True(x.Equals(arange(100, dtype: ScalarType.Float32)));
    }

    [Fact]
    public void Read_ThenFileDisposed_TensorStaysAliveAndWritable()
    {
        using var scope = NewDisposeScope();
        var path = _folder.Path("a.safetensors");
        SafetensorsWriter.Write(path, [new("x", arange(4096, dtype: ScalarType.Float32))]);
        var before = File.ReadAllBytes(path);
        var file = SafetensorsFile.Open(path);
        var first = file.Read("x", ComputeDevice.Cpu);
        var second = file.Read("x", ComputeDevice.Cpu);

        file.Dispose();
        first.Dispose();
        second.add_(1);

        Assert.Equal(4096f, second[4095].item<float>());
        Assert.Equal(before, File.ReadAllBytes(path));
        Assert.Throws<ObjectDisposedException>(() => file.Read("x", ComputeDevice.Cpu));
    }

    [Fact]
    public void Read_EveryTypeOfTheFormat_ConvertsToFloat32()
    {
        using var scope = NewDisposeScope();
        // 1 and 2 in each type, by its bit layout.
        (string Type, byte[] Bytes)[] ones =
        [
            ("BOOL", [1, 0]), ("U8", [1, 2]), ("I8", [1, 2]), ("F8_E5M2", [0x3c, 0x40]), ("F8_E4M3", [0x38, 0x40]), ("F8_E8M0", [127, 128]),
            ("F8_E4M3FNUZ", [0x40, 0x48]), ("F8_E5M2FNUZ", [0x40, 0x44]),
            ("I16", [1, 0, 2, 0]), ("U16", [1, 0, 2, 0]), ("F16", [0, 0x3c, 0, 0x40]), ("BF16", [0x80, 0x3f, 0, 0x40]),
            ("I32", Numbers(BitConverter.GetBytes, 1, 2)), ("U32", Numbers(BitConverter.GetBytes, 1u, 2u)), ("F32", Numbers(BitConverter.GetBytes, 1f, 2f)),
            ("F64", Numbers(BitConverter.GetBytes, 1.0, 2.0)), ("I64", Numbers(BitConverter.GetBytes, 1L, 2L)), ("U64", Numbers(BitConverter.GetBytes, 1UL, 2UL)),
        ];
        foreach (var (type, bytes) in ones)
        {
            using var file = SafetensorsFile.Open(Raw($"{{\"x\":{{\"dtype\":\"{type}\",\"shape\":[2],\"data_offsets\":[0,{bytes.Length}]}}}}", bytes));

            var values = file.Read("x", ComputeDevice.Cpu, ScalarType.Float32).data<float>().ToArray();

            Assert.Equal((type, 1f, type == "BOOL" ? 0f : 2f), (type, values[0], values[1]));
        }
    }

    [Fact]
    public void Read_SubByteType_IsAcceptedInTheFileButRefusedAsTensor()
    {
        using var file = SafetensorsFile.Open(Raw("""{"x":{"dtype":"F4","shape":[4],"data_offsets":[0,2]}}""", [1, 2]));

        var e = Assert.Throws<BadInputException>(() => file.Read("x", ComputeDevice.Cpu));

        Assert.Contains("F4", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_UnalignedTensor_HasTheRightValues()
    {
        using var scope = NewDisposeScope();
        // A header of odd length puts the numbers on odd addresses.
        var header = """{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""";
        using var file = SafetensorsFile.Open(Raw(header.Length % 2 == 0 ? header + " " : header, Numbers(BitConverter.GetBytes, 1.5f, -2f)));

        Assert.Equal([1.5f, -2f], file.Read("x", ComputeDevice.Cpu).data<float>().ToArray());
    }

    [Theory]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "duplicate tensor name a")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\u0061":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "duplicate tensor name a")]
    [InlineData("""{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", 4, "duplicate field dtype")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""", 8, "tensor b overlaps tensor a")]
    [InlineData("""{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "tensor b overlaps tensor a")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8, "4 unused bytes (hole) before tensor a")]
    [InlineData("""{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", 4, "shape holds -1")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}""", 4, "shape holds 1.0")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1e0],"data_offsets":[0,4]}}""", 4, "shape holds 1e0")]
    [InlineData("""{"a":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}}""", 4, "holds text")]
    [InlineData("""{"a":{"dtype":"F32","shape":1,"data_offsets":[0,4]}}""", 4, "shape must be a list")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}""", 4, "data_offsets has more than 2")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}""", 4, "two numbers, has 1")]
    [InlineData("""{"a":{"dtype":"F32","shape":[1]}}""", 4, "data_offsets is missing")]
    [InlineData("""{"a":{"shape":[1],"data_offsets":[0,4]}}""", 4, "dtype is missing")]
    [InlineData("""{"a":{"dtype":4,"shape":[1],"data_offsets":[0,4]}}""", 4, "dtype must be text")]
    [InlineData("""{"a":{"dtype":"f32","shape":[1],"data_offsets":[0,4]}}""", 4, "unknown dtype f32")]
    [InlineData("""{"a":{"dtype":"F32","shape":[18446744073709551616],"data_offsets":[0,4]}}""", 4, "shape holds 18446744073709551616")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}""", 0, "overflow")]
    [InlineData("""{"a":{"dtype":"F32","shape":[4294967296,4294967296,0],"data_offsets":[0,0]}}""", 0, "overflow")]
    [InlineData("""{"a":{"dtype":"F64","shape":[2305843009213693952],"data_offsets":[0,0]}}""", 0, "overflow")]
    [InlineData("""{"a":{"dtype":"U8","shape":[18446744073709551615],"data_offsets":[0,18446744073709551615]}}""", 0, "overflow")]
    [InlineData("""{"a":{"dtype":"U8","shape":[9223372036854775807],"data_offsets":[0,9223372036854775807]}}""", 0, "overflow")]
    [InlineData("""{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,2]}}""", 2, "whole bytes")]
    [InlineData("""{"a":[]}""", 0, "must be an object")]
    [InlineData("""{"a":null}""", 0, "must be an object, is null")]
    [InlineData("""{"__metadata__":{"a":{}}}""", 0, "a is an object")]
    [InlineData("""{"__metadata__":{"a":null}}""", 0, "a is null")]
    [InlineData("""{"__metadata__":["a"]}""", 0, "__metadata__ must be an object of strings")]
    [InlineData("""{"__metadata__":{"a":"1","a":"2"}}""", 0, "duplicate key a")]
    [InlineData("""{"__metadata__":{},"__metadata__":{}}""", 0, "duplicate")]
    [InlineData("""{"\ud83d":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}""", 0, "lone surrogate")]
    [InlineData("""{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},}""", 0, "not valid JSON")]
    [InlineData("""{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}""", 0, "ends too early")]
    [InlineData("""{}{}""", 0, "not valid JSON")]
    [InlineData(""" {}""", 0, "begin with {")]
    [InlineData("""null""", 0, "must be a JSON object")]
    [InlineData("""{}""", 3, "3 bytes after the last tensor")]
    public void Open_BrokenHeader_SaysWhatIsWrong(string header, int dataBytes, string says)
    {
        var path = Raw(header, new byte[dataBytes]);

        var e = Assert.Throws<BadInputException>(() => SafetensorsFile.Open(path));

        Assert.Contains(says, e.Message, StringComparison.Ordinal);
        Assert.Contains(path, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_NestedBomb_IsRefused()
    {
        var e = Assert.Throws<BadInputException>(() => SafetensorsFile.Open(Raw($"{{\"a\":{{\"note\":{new string('[', 50_000)}", [])));

        Assert.Contains("nested too deeply", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{}""", 0)]
    [InlineData("""{"__metadata__":{"format":"pt"}}""", 0)]
    [InlineData("""{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}   """, 4)]
    [InlineData("""{"e":{"dtype":"F32","shape":[0,3],"data_offsets":[4,4]},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", 8)]
    public void Open_UnusualButGoodHeader_IsAccepted(string header, int dataBytes)
    {
        using var file = SafetensorsFile.Open(Raw(header, new byte[dataBytes]));

        foreach (var name in file.Tensors.Keys)
        {
            using var tensor = file.Read(name, ComputeDevice.Cpu);
            Assert.Equal(file.Tensors[name].ElementCount, tensor.NumberOfElements);
        }
    }

    [Theory]
    [InlineData("weights.bin", "pickle")]
    [InlineData("weights.PT", "pickle")]
    [InlineData("weights.ckpt", "pickle")]
    [InlineData("weights.gguf", "GGUF")]
    [InlineData("missing.safetensors", "does not exist")]
    public void Open_RefusedByName_IsNeverOpened(string name, string says)
    {
        var e = Assert.Throws<BadInputException>(() => SafetensorsFile.Open(_folder.Path(name))); // not even there

        Assert.Contains(says, e.Message, StringComparison.Ordinal);
        Assert.Contains(name, e.Message, StringComparison.Ordinal);
    }

    private static byte[] Numbers<T>(Func<T, byte[]> bytes, params T[] values) => [.. values.SelectMany(bytes)];

    private string Raw(string header, byte[] data)
    {
        var json = Encoding.UTF8.GetBytes(header);
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        var path = _folder.Path($"{Guid.NewGuid():N}.safetensors");
        File.WriteAllBytes(path, [.. length, .. json, .. data]);
        return path;
    }
}
