using System.Text.Json.Nodes;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Devices;
using R1Lab.Tests.Shared;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Checkpoints;

public sealed class ModelWeightsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Open_TwoShards_ReadsTensorsOfBoth()
    {
        using var scope = NewDisposeScope();
        using var weights = ModelWeights.Open(ReferenceFiles.Golden("huggingface", "models", "qwen2"));

        Assert.Equal(39, weights.Names.Count);
        Assert.Equal([512L, 64L], weights.Read("lm_head.weight", ComputeDevice.Cpu).shape);
        Assert.Equal([512L, 64L], weights.Entry("model.embed_tokens.weight").Shape);
    }

    [Theory]
    [InlineData("../model.safetensors", "points outside the model folder")]
    [InlineData("/etc/model.safetensors", "points outside the model folder")]
    [InlineData("..\\model.safetensors", "points outside the model folder")]
    [InlineData("", "points outside the model folder")]
    [InlineData("pytorch_model.bin", "pickle")]
    [InlineData("model.txt", "is not a safetensors file")]
    [InlineData("absent.safetensors", "does not exist")]
    public void Open_IndexNamesABadFile_IsRefused(string shard, string says)
    {
        WriteIndex(new JsonObject { ["a"] = shard });

        var e = Assert.Throws<BadInputException>(() => ModelWeights.Open(_folder.Root));

        Assert.Contains(says, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_TensorMissingInItsShard_NamesBoth()
    {
        using var scope = NewDisposeScope();
        SafetensorsWriter.Write(_folder.Path("one.safetensors"), [new("a", ones(1))]);
        WriteIndex(new JsonObject { ["a"] = "one.safetensors", ["b"] = "one.safetensors" });

        var e = Assert.Throws<BadInputException>(() => ModelWeights.Open(_folder.Root));

        Assert.EndsWith("model.safetensors.index.json: tensor \"b\": is said to be in one.safetensors, but is missing there", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_TensorInTwoShards_SaysDuplicate()
    {
        using var scope = NewDisposeScope();
        SafetensorsWriter.Write(_folder.Path("one.safetensors"), [new("a", ones(1))]);
        SafetensorsWriter.Write(_folder.Path("two.safetensors"), [new("a", ones(1)), new("b", ones(1))]);
        WriteIndex(new JsonObject { ["a"] = "one.safetensors", ["b"] = "two.safetensors" });

        var e = Assert.Throws<BadInputException>(() => ModelWeights.Open(_folder.Root));

        Assert.EndsWith("tensor \"a\": duplicate: it is in one.safetensors and in two.safetensors", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[]", "must be a JSON object")]
    [InlineData("{", "not valid JSON")]
    [InlineData("{}", "weight_map")]
    [InlineData("""{"weight_map":{}}""", "names no tensor")]
    [InlineData("""{"weight_map":{"a":1}}""", "must be a file name")]
    [InlineData("""{"weight_map":{"a":"x.safetensors","a":"y.safetensors"}}""", "not valid JSON")]
    [InlineData("""{"weight_map":{"a":"\ud800"}}""", "lone surrogate")]
    public void Open_BrokenIndex_IsRefused(string text, string says)
    {
        File.WriteAllText(_folder.Path("model.safetensors.index.json"), text);

        var e = Assert.Throws<BadInputException>(() => ModelWeights.Open(_folder.Root));

        Assert.Contains(says, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_OnlyPickleWeights_NamesTheFileAndNeverOpensIt()
    {
        File.WriteAllBytes(_folder.Path("pytorch_model.bin"), [0x80, 2]);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(_folder.Path("pytorch_model.bin"), UnixFileMode.None);

        var e = Assert.Throws<BadInputException>(() => ModelWeights.Open(_folder.Root));

        Assert.Contains("pytorch_model.bin", e.Message, StringComparison.Ordinal);
        Assert.Contains("pickle", e.Message, StringComparison.Ordinal);
    }

    private void WriteIndex(JsonObject map) => File.WriteAllText(_folder.Path("model.safetensors.index.json"), new JsonObject { ["weight_map"] = map }.ToJsonString());
}
