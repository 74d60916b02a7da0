using System.Text.Json.Nodes;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Devices;
using R1Lab.Tests.Shared;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Checkpoints;

public sealed class PeftAdapterTests : IDisposable
{
    private const string Query = "model.layers.1.self_attn.q_proj";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("lora")]
    [InlineData("rslora")]
    [InlineData("dora")]
    [InlineData("lora_patterns")]
    [InlineData("lora_qv_r4")]
    public void SaveAfterLoad_GoldenAdapter_KeepsWeightsAndMeaning(string name)
    {
        using var scope = NewDisposeScope();
        var source = ReferenceFiles.Golden("huggingface", "adapters", name);
        var (config, tensors) = PeftAdapter.Load(source, ComputeDevice.Cpu);

        PeftAdapter.Save(_folder.Root, config, tensors);

        Assert.Equal(File.ReadAllBytes(Path.Combine(source, "adapter_model.safetensors")), File.ReadAllBytes(_folder.Path("adapter_model.safetensors")));
        var written = JsonNode.Parse(File.ReadAllText(_folder.Path("adapter_config.json")))!.AsObject();
        var original = JsonNode.Parse(File.ReadAllText(Path.Combine(source, "adapter_config.json")))!.AsObject();
        foreach (var (field, value) in written) Assert.True(JsonNode.DeepEquals(original[field], value) || field == "init_lora_weights" || SameNumber(original[field], value), field);
        Assert.StartsWith("---\nbase_model: \"models/llama_base\"\nlibrary_name: peft\n", File.ReadAllText(_folder.Path("README.md")), StringComparison.Ordinal);
    }

    [Fact]
    public void RankAndScale_WithPatterns_FollowPeft()
    {
        var (config, _) = PeftAdapter.Load(ReferenceFiles.Golden("huggingface", "adapters", "lora_patterns"), ComputeDevice.Cpu);

        Assert.Equal((16, 1.0), (config.RankOf(Query), config.ScaleOf(Query)));
        Assert.Equal((8, 4.0), (config.RankOf("model.layers.1.self_attn.v_proj"), config.ScaleOf("model.layers.1.self_attn.v_proj")));
        Assert.Equal(16 / Math.Sqrt(8), new PeftAdapterConfig { R = 8, LoraAlpha = 16, UseRslora = true }.ScaleOf(Query), 12);
    }

    [Theory]
    [InlineData(false, 16 / 4.0, 16 / 8.0)]
    [InlineData(true, 16 / 2.0, 16 / 2.8284271247461903)]
    public void Scale_WithRankPattern_DividesByTheModulesOwnRank(bool rslora, double ofQuery, double ofKey)
    {
        var ranks = new Dictionary<string, int> { ["q_proj"] = 4 };
        var config = new PeftAdapterConfig { R = 8, LoraAlpha = 16, UseRslora = rslora, RankPattern = ranks };

        Assert.Equal(ofQuery, config.ScaleOf(Query), 1e-12);
        Assert.Equal(ofKey, config.ScaleOf("model.layers.1.self_attn.k_proj"), 1e-12);
    }

    [Theory]
    [InlineData("""["q_proj"]""", null, true)]
    [InlineData("""["proj"]""", null, false)]
    [InlineData("""["self_attn.q_proj"]""", null, true)]
    [InlineData(""" ".*\\.(q|v)_proj" """, null, true)]
    [InlineData(""" ".*\\.(?P<part>q|v)_pro" """, null, false)]
    [InlineData(""" "all-linear" """, null, true)]
    [InlineData("""["q_proj"]""", """ "layers_to_transform":[0,2] """, false)]
    [InlineData("""["q_proj"]""", """ "layers_to_transform":1 """, true)]
    [InlineData("""["q_proj"]""", """ "layers_to_transform":[1],"layers_pattern":"layers" """, true)]
    [InlineData("""["q_proj"]""", """ "layers_to_transform":[1],"layers_pattern":["h"] """, false)]
    [InlineData("""["q_proj"]""", """ "exclude_modules":["layers.1.self_attn.q_proj"] """, false)]
    [InlineData("""["q_proj"]""", """ "exclude_modules":".*layers\\.0.*" """, true)]
    public void Targets_EveryFormOfTargetModules_FollowsPeft(string targets, string? more, bool expected)
    {
        WriteConfig($"{{\"peft_type\":\"LORA\",\"target_modules\":{targets}{(more is null ? "" : "," + more)}}}");

        Assert.Equal(expected, PeftAdapterConfig.Load(_folder.Root).Targets(Query));
    }

    [Theory]
    [InlineData(""" "modules_to_save":["lm_head"] """, "modules_to_save")]
    [InlineData(""" "lora_bias":true """, "lora_bias")]
    [InlineData(""" "bias":"all" """, "bias")]
    [InlineData(""" "layer_replication":[[0,2]] """, "layer_replication")]
    [InlineData(""" "trainable_token_indices":[1,2] """, "trainable_token_indices")]
    [InlineData(""" "target_parameters":["experts.weight"] """, "target_parameters")]
    [InlineData(""" "use_qalora":true """, "use_qalora")]
    [InlineData(""" "alora_invocation_tokens":[1] """, "alora_invocation_tokens")]
    [InlineData(""" "init_lora_weights":"pissa_niter_4" """, "init_lora_weights")]
    [InlineData(""" "r":0 """, "r")]
    [InlineData(""" "r":"8" """, "r")]
    [InlineData(""" "lora_alpha":[] """, "lora_alpha")]
    [InlineData(""" "rank_pattern":{"q_proj":-1} """, "rank_pattern.q_proj")]
    [InlineData(""" "alpha_pattern":{"(":1} """, "alpha_pattern")]
    [InlineData(""" "layers_to_transform":["x"] """, "layers_to_transform")]
    [InlineData(""" "use_dora":"yes" """, "use_dora")]
    public void Load_FieldThatCannotBeHonoured_IsRefusedByName(string field, string place)
    {
        WriteConfig($"{{\"peft_type\":\"LORA\",\"target_modules\":[\"q_proj\"],{field}}}");

        var e = Assert.Throws<BadInputException>(() => PeftAdapterConfig.Load(_folder.Root));

        Assert.Equal(place, e.Place);
    }

    [Theory]
    [InlineData("""{"target_modules":["q_proj"]}""", "peft_type")]
    [InlineData("""{"peft_type":"IA3","target_modules":["q_proj"]}""", "peft_type")]
    [InlineData("""{"peft_type":"LORA"}""", "target_modules")]
    [InlineData("""{"peft_type":"LORA","target_modules":"("}""", "target_modules")]
    public void Load_NoUsableAdapterConfig_IsRefusedByName(string text, string place)
    {
        WriteConfig(text);

        Assert.Equal(place, Assert.Throws<BadInputException>(() => PeftAdapterConfig.Load(_folder.Root)).Place);
    }

    [Theory]
    [InlineData("base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight", "partner")]
    [InlineData("model.layers.0.self_attn.q_proj.lora_A.weight", "is not part of a LoRA adapter")]
    [InlineData("base_model.model.model.layers.0.mlp.up_proj.lora_A.weight", "target_modules")]
    [InlineData("base_model.model.model.layers.0.self_attn.q_proj.lora_magnitude_vector", "use_dora is false")]
    public void Load_TensorThatDoesNotFit_IsNamed(string key, string says)
    {
        using var scope = NewDisposeScope();
        WriteConfig("""{"peft_type":"LORA","target_modules":["q_proj"],"r":2}""");
        SafetensorsWriter.Write(_folder.Path("adapter_model.safetensors"), [new(key, ones(2, 4))]);

        var e = Assert.Throws<BadInputException>(() => PeftAdapter.Load(_folder.Root, ComputeDevice.Cpu));

        Assert.Contains(says, e.Message, StringComparison.Ordinal);
        Assert.Contains(key, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_RankDiffersFromConfig_IsSaid()
    {
        using var scope = NewDisposeScope();
        WriteConfig("""{"peft_type":"LORA","target_modules":["q_proj"],"r":4}""");
        var prefix = $"base_model.model.{Query}";
        SafetensorsWriter.Write(_folder.Path("adapter_model.safetensors"), [new($"{prefix}.lora_A.weight", ones(2, 4)), new($"{prefix}.lora_B.weight", ones(4, 2))]);

        var e = Assert.Throws<BadInputException>(() => PeftAdapter.Load(_folder.Root, ComputeDevice.Cpu));

        Assert.Contains($"the rank of {Query} is 4", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_OnlyPickledAdapter_IsRefusedByName()
    {
        WriteConfig("""{"peft_type":"LORA","target_modules":["q_proj"]}""");
        File.WriteAllText(_folder.Path("adapter_model.bin"), "x");

        var e = Assert.Throws<BadInputException>(() => ModelFolder.Open(_folder.Root));

        Assert.Contains("adapter_model.bin", e.Message, StringComparison.Ordinal);
    }

    private void WriteConfig(string text) => File.WriteAllText(_folder.Path("adapter_config.json"), text);

    private static bool SameNumber(JsonNode? a, JsonNode? b) => a?.ToJsonString() is { } x && b?.ToJsonString() is { } y && double.TryParse(x, out var i) && double.TryParse(y, out var j) && i == j;
}
