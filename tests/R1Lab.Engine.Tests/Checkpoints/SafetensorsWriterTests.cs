using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Devices;
using R1Lab.Tests.Shared;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Checkpoints;

public sealed class SafetensorsWriterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    // Files written by Hugging Face's own save_pretrained: reading and writing them again must give the same bytes.
    [Theory]
    [InlineData("models/llama_base/model.safetensors")]
    [InlineData("models/llama_rope3_tied/model.safetensors")]
    [InlineData("models/qwen3/model.safetensors")]
    [InlineData("adapters/dora/adapter_model.safetensors")]
    public void Write_TensorsOfAHuggingFaceFile_GivesTheSameBytes(string name)
    {
        using var scope = NewDisposeScope();
        var source = ReferenceFiles.Golden("huggingface", name);
        using var file = SafetensorsFile.Open(source);
        var tensors = file.Tensors.Keys.Reverse().Select(n => KeyValuePair.Create(n, file.Read(n, ComputeDevice.Cpu)));

        SafetensorsWriter.Write(_folder.Path("copy.safetensors"), tensors, file.Metadata);

        Assert.Equal(File.ReadAllBytes(source), File.ReadAllBytes(_folder.Path("copy.safetensors")));
    }

    [Fact]
    public void Write_MixedTypes_PutsFallingTypesThenNames()
    {
        using var scope = NewDisposeScope();
        var path = _folder.Path("mixed.safetensors");

        SafetensorsWriter.Write(path,
        [
            new("b", zeros(3, dtype: ScalarType.Float16)), new("c", zeros(1, dtype: ScalarType.Int64)), new("a", zeros(2, 3).t()), new("名", zeros(0)), new("d", zeros(1, dtype: ScalarType.Bool)),
            new("e", tensor(7.0)),
        ]);

        using var file = SafetensorsFile.Open(path);
        Assert.Equal(["c", "e", "a", "名", "b", "d"], file.Tensors.Values.OrderBy(t => t.Offset).ThenBy(t => t.Length).Select(t => t.Name));
        Assert.Equal([3L, 2L], file.Tensors["a"].Shape);
        Assert.Equal(0, file.Tensors.Values.Min(t => t.Offset) % 8);
    }

    [Fact]
    public void Write_WithDtype_ConvertsFloatingTensorsOnly()
    {
        using var scope = NewDisposeScope();
        var path = _folder.Path("half.safetensors");

        SafetensorsWriter.Write(path, [new("w", ones(2)), new("ids", ones(2, dtype: ScalarType.Int64))], dtype: ScalarType.BFloat16);

        using var file = SafetensorsFile.Open(path);
        Assert.Equal(("BF16", "I64"), (file.Tensors["w"].Format, file.Tensors["ids"].Format));
        Assert.Equal([1f, 1f], file.Read("w", ComputeDevice.Cpu, ScalarType.Float32).data<float>().ToArray());
    }

    [Fact]
    public void Write_FailsHalfWay_LeavesTheOldFileAndNothingElse()
    {
        using var scope = NewDisposeScope();
        var path = _folder.Path("w.safetensors");
        SafetensorsWriter.Write(path, [new("w", ones(2))]);
        var old = File.ReadAllBytes(path);

        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(path, [new("w", ones(2)), new("w", ones(3))]));
        Assert.Throws<InvalidOperationException>(() => DurableFile.Write(path, _ => throw new InvalidOperationException()));

        Assert.Equal(old, File.ReadAllBytes(path));
        Assert.Single(Directory.GetFiles(_folder.Root));
    }

    [Fact]
    public void ShardedWrite_ThenOpen_FindsEveryTensorAndDropsOldFiles()
    {
        using var scope = NewDisposeScope();
        var tensors = Enumerable.Range(0, 5).Select(i => KeyValuePair.Create($"layer.{i}", full(100, (float)i))).ToList();
        ShardedSafetensorsWriter.Write(_folder.Root, tensors);

        ShardedSafetensorsWriter.Write(_folder.Root, tensors, maxShardBytes: 900);

        Assert.Equal(
            ["model-00001-of-00003.safetensors", "model-00002-of-00003.safetensors", "model-00003-of-00003.safetensors", "model.safetensors.index.json"],
            Directory.GetFiles(_folder.Root).Select(Path.GetFileName).Order(StringComparer.Ordinal));
        using var weights = ModelWeights.Open(_folder.Root);
        Assert.Equal([0f, 1f, 2f, 3f, 4f], tensors.Select(t => weights.Read(t.Key, ComputeDevice.Cpu)[99].item<float>()));
    }
}
