using System.Text.Json.Nodes;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Modeling;
using R1Lab.Engine.Tests.Checkpoints;
using R1Lab.Tests.Shared;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Modeling;

public sealed class ModelLoaderTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("r1lab-model-").FullName;

    public static TheoryData<string> Models => [.. GoldenTensors.Models];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory, MemberData(nameof(Models))]
    public void Load_GoldenFolder_GivesItsLogits(string model)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var golden = GoldenTensors.Read("golden", "models", $"{model}.safetensors");
        using var decoder = ModelLoader.Load(Golden(model), ComputeDevice.Cpu);

        var logits = decoder.Forward(golden["plain.input_ids"], new());

        Assert.Equal(ScalarType.Float32, decoder.Dtype);
        Assert.InRange(GoldenTensors.Distance(logits, golden["plain.logits"]), 0, 1e-4f);
    }

    [Theory]
    [InlineData("qwen2", ScalarType.Float32)]
    [InlineData("llama_rope3_tied", ScalarType.BFloat16)]
    [InlineData("qwen3", ScalarType.Float16)]
    public void Save_InTheStoredDtype_KeepsEveryWeightAndTheCompany(string model, ScalarType dtype)
    {
        using var scope = NewDisposeScope();
        using var decoder = ModelLoader.Load(Golden(model), ComputeDevice.Cpu);

        ModelLoader.Save(decoder, _folder, dtype, Golden(model));

        using (var before = ModelWeights.Open(Golden(model)))
        using (var after = ModelWeights.Open(_folder))
        {
            Assert.Equal(before.Names.Order(), after.Names.Order());
            Assert.All(before.Names, n => Assert.True(before.Read(n, ComputeDevice.Cpu).Equals(after.Read(n, ComputeDevice.Cpu)), n));
        }

        Assert.Equal(decoder.Config, DecoderConfig.Parse(ModelFolder.Open(_folder).ConfigJson, "config.json"));
        Assert.Equal(File.ReadAllText(Path.Combine(Golden(model), "generation_config.json")), File.ReadAllText(Path.Combine(_folder, "generation_config.json")));
    }

    [Fact]
    public void CreateRandom_SavedAndLoaded_IsTheSameModel()
    {
        using var scope = NewDisposeScope();
        var config = GoldenTensors.Config("qwen3_yarn") with { Dtype = "float32" };
        using var decoder = ModelLoader.CreateRandom(config, ComputeDevice.Cpu, ScalarType.Float32, 9);
        using var twin = ModelLoader.CreateRandom(config, ComputeDevice.Cpu, ScalarType.Float32, 9);

        ModelLoader.Save(decoder, _folder, ScalarType.Float32);
        using var loaded = ModelLoader.Load(_folder, ComputeDevice.Cpu);

        Assert.Equal(config, loaded.Config);
        Assert.All(decoder.Parameters, p => Assert.True(p.Value.Equals(loaded.Parameters[p.Key]) && p.Value.Equals(twin.Parameters[p.Key]), p.Key));
    }

    [Fact]
    public void Load_WeightsChangedInMemory_LeavesTheFileAlone()
    {
        Copy("llama_base");
        var before = File.ReadAllBytes(Path.Combine(_folder, "model.safetensors"));
        using var decoder = ModelLoader.Load(_folder, ComputeDevice.Cpu);

        using (no_grad()) decoder.Parameters["model.norm.weight"].add_(1f);

        Assert.Equal(before, File.ReadAllBytes(Path.Combine(_folder, "model.safetensors")));
    }

    /// <summary>The same numbers on the same hardware: how long a file's header is must not change a bit, wherever its tensors lie when it is mapped.</summary>
    [Theory]
    [InlineData("llama_base")]
    [InlineData("llama_linear_bias")]
    [InlineData("qwen2")]
    [InlineData("qwen3")]
    public void Load_SameWeightsElsewhereInTheFile_WritesTheSameLogitsTokenByToken(string model)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var decoder = TestDecoders.Load(model);
        var expected = TokenByToken(decoder);

        foreach (var spaces in (int[])[0, 8, 20, 28, 36, 60])
        {
            var folder = Directory.CreateDirectory(Path.Combine(_folder, $"{spaces}")).FullName;
            foreach (var file in Directory.GetFiles(Golden(model)))
            {
                var copy = Path.Combine(folder, Path.GetFileName(file));
                if (file.EndsWith(".safetensors", StringComparison.Ordinal)) PaddedHeader.Write(file, copy, spaces);
                else File.Copy(file, copy);
            }

            using var loaded = ModelLoader.Load(folder, ComputeDevice.Cpu);
            Assert.All(expected.Zip(TokenByToken(loaded)), pair => Assert.True(pair.First.Equals(pair.Second), $"{spaces} spaces"));
        }
    }

    [Theory]
    [InlineData("num_hidden_layers", "4", "model.layers.3.")]
    [InlineData("num_hidden_layers", "2", "model.layers.2.")]
    [InlineData("intermediate_size", "128", "gate_proj")]
    [InlineData("tie_word_embeddings", "true", null)]
    [InlineData("attention_bias", "true", "q_proj.bias")]
    public void Load_ConfigAndWeightsDisagree_NamesTheTensor(string field, string value, string? named)
    {
        Copy("llama_base");
        var path = Path.Combine(_folder, "config.json");
        var config = JsonNode.Parse(File.ReadAllText(path))!.AsObject();
        config[field] = JsonNode.Parse(value);
        File.WriteAllText(path, config.ToJsonString());

        var e = Record.Exception(() => ModelLoader.Load(_folder, ComputeDevice.Cpu).Dispose());

        if (named is null) Assert.Null(e);
        else Assert.Contains(named, Assert.IsType<BadInputException>(e).Message, StringComparison.Ordinal);
    }

    // Sizes as the model cards state them.
    [Theory]
    [InlineData("DeepSeek-R1-Distill-Llama-8B", 8_030_261_248)]
    [InlineData("DeepSeek-R1-0528-Qwen3-8B", 8_190_735_360)]
    [InlineData("DeepSeek-R1-Distill-Qwen-1.5B", 1_777_088_000)]
    public void CreateRandom_PublishedConfigOnMeta_HasThePublishedSize(string name, long parameters)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var config = DecoderConfig.Parse(JsonNode.Parse(PublishedConfigs.Json[name])!.AsObject(), "config.json");
        using var decoder = ModelLoader.CreateRandom(config, ComputeDevice.Meta, ScalarType.BFloat16, 1);

        var logits = decoder.Head(decoder.Normalize(empty(2, 8, config.HiddenSize, dtype: ScalarType.BFloat16, device: META)));

        Assert.Equal(parameters, config.ParameterCount);
        Assert.Equal(parameters, decoder.Parameters.Values.Sum(p => p.numel()));
        Assert.Equal([2L, 8L, config.VocabSize], logits.shape);
    }

    // Products of one row are the ones that depend on where a matrix starts.
    private static List<Tensor> TokenByToken(Decoder decoder)
    {
        using var cache = new KeyValueCache(decoder);
        var context = new ForwardContext { Cache = cache };
        var ids = arange(10, dtype: ScalarType.Int64).view(1, 10);
        return [.. new[] { (0, 6), (6, 1), (7, 1), (8, 1), (9, 1) }.Select(part => decoder.Forward(ids.narrow(1, part.Item1, part.Item2), context))];
    }

    private static string Golden(string model) => ReferenceFiles.Golden("huggingface", "models", model);

    private void Copy(string model)
    {
        foreach (var file in Directory.GetFiles(Golden(model))) File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)));
    }
}
