using System.Globalization;
using System.Text.Json.Nodes;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Modeling;
using R1Lab.Tests.Shared;

namespace R1Lab.Engine.Tests.Modeling;

/// <summary>Sizes believed before they are checked: a number in a file of a model starts no work and takes no memory in proportion to itself.</summary>
public sealed class BelievedSizesTests : IDisposable
{
    private const long LittleMemory = 64 << 20;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> Counts =>
    [
        "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "hidden_size", "intermediate_size", "vocab_size", "head_dim", "max_position_embeddings",
        "rope_scaling.factor", "rope_scaling.low_freq_factor", "rope_scaling.high_freq_factor", "rope_scaling.original_max_position_embeddings",
    ];

    [Theory, MemberData(nameof(Counts))]
    public void OpenAndLoad_HugeCountInTheConfig_IsRefusedByFileAndFieldAtOnce(string field)
    {
        var path = CopyOf("llama_rope3_tied", config => Set(config, field, int.MaxValue));

        Refused(() =>
        {
            var error = Assert.Throws<BadInputException>(() => Describe(path));
            Assert.Equal((Path.Combine(path, "config.json"), field.Replace("rope_scaling", "rope_parameters", StringComparison.Ordinal)), (error.Input, error.Place!.Replace("rope_scaling", "rope_parameters", StringComparison.Ordinal)));
            Assert.Throws<BadInputException>(() => ModelLoader.Load(path, ComputeDevice.Cpu));
        });
    }

    [Theory]
    [InlineData(5)]
    [InlineData(900)]
    public void OpenAndLoad_MoreLayersThanTheWeightsHold_NamesTheField(int layers)
    {
        var path = CopyOf("llama_rope3_tied", config => Set(config, "num_hidden_layers", layers));

        Refused(() =>
        {
            var error = Assert.Throws<BadInputException>(() => Describe(path));
            Assert.Equal("num_hidden_layers", error.Place);
            Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"is {layers}, but model.safetensors holds"), error.Reason, StringComparison.Ordinal);
            Assert.Equal("num_hidden_layers", Assert.Throws<BadInputException>(() => ModelLoader.Load(path, ComputeDevice.Cpu)).Place);
        });
    }

    [Fact]
    public void OpenAndLoad_TheModelAsItIs_Works()
    {
        var path = CopyOf("llama_rope3_tied", _ => { });

        Describe(path);
        using var decoder = ModelLoader.Load(path, ComputeDevice.Cpu);
        Assert.NotEmpty(decoder.Parameters);
    }

    [Theory]
    [InlineData("r", "2147483647", "r")]
    [InlineData("lora_alpha", "1e308", "lora_alpha")]
    [InlineData("rank_pattern", """{"q_proj": 2147483647}""", "rank_pattern.q_proj")]
    [InlineData("alpha_pattern", """{"q_proj": 1e300}""", "alpha_pattern.q_proj")]
    [InlineData("layers_to_transform", "[2147483647]", "layers_to_transform")]
    public void Adapter_HugeNumber_NamesTheField(string field, string value, string place)
    {
        var config = new JsonObject { ["peft_type"] = "LORA", ["target_modules"] = new JsonArray("q_proj"), [field] = JsonNode.Parse(value) };

        Assert.Equal(place, AdapterRefusal(config).Place);
    }

    [Theory]
    [InlineData("target_modules", 2_000)]
    [InlineData("layers_to_transform", 2_000)]
    [InlineData("layers_pattern", 2_000)]
    public void Adapter_LongList_NamesTheField(string field, int count)
    {
        var list = new JsonArray([.. Enumerable.Range(0, count).Select(at => field == "layers_to_transform" ? JsonValue.Create(at % 10) : (JsonNode)JsonValue.Create($"m{at}")!)]);
        var config = new JsonObject { ["peft_type"] = "LORA", ["target_modules"] = new JsonArray("q_proj"), [field] = list };

        Assert.Equal(field, AdapterRefusal(config).Place);
    }

    [Fact]
    public void Adapter_ManyOrLongPatterns_AreRefused()
    {
        var many = new JsonObject([.. Enumerable.Range(0, 5_000).Select(at => KeyValuePair.Create<string, JsonNode?>($"p{at}", 4))]);
        var config = new JsonObject { ["peft_type"] = "LORA", ["target_modules"] = new JsonArray("q_proj"), ["rank_pattern"] = many };
        Assert.Equal("rank_pattern", AdapterRefusal(config).Place);

        config["rank_pattern"] = new JsonObject { [new string('a', 5_000)] = 4 };
        Assert.Equal("rank_pattern", AdapterRefusal(config).Place);
    }

    [Fact]
    public void Adapter_ExpressionThatNeverEnds_IsRefusedAtOnce()
    {
        var config = new JsonObject { ["peft_type"] = "LORA", ["target_modules"] = @"(([a-z_.0-9]+)+)+!" };

        Refused(() => AdapterRefusal(config));
    }

    [Theory]
    [InlineData("eos_token_id", "[2147483648]")]
    [InlineData("eos_token_id", "2147483647")]
    [InlineData("temperature", "1e300")]
    [InlineData("repetition_penalty", "1e300")]
    public void GenerationConfig_HugeNumber_NamesTheField(string field, string value)
    {
        File.WriteAllText(_folder.Path("generation_config.json"), $"{{\"{field}\": {value}}}");

        Assert.Equal(field, Assert.Throws<BadInputException>(() => GenerationDefaults.Load(_folder.Root, [])).Place);
    }

    [Fact]
    public void GenerationConfig_ManyEndTokens_AreRefused()
    {
        File.WriteAllText(_folder.Path("generation_config.json"), $"{{\"eos_token_id\": [{string.Join(',', Enumerable.Range(0, 100_000))}]}}");

        Assert.Equal("eos_token_id", Assert.Throws<BadInputException>(() => GenerationDefaults.Load(_folder.Root, [])).Place);
    }

    [Theory]
    [InlineData("config.json")]
    [InlineData("generation_config.json")]
    [InlineData("adapter_config.json")]
    public void Json_FileThatIsMostlyEmptySpace_IsRefusedBeforeItIsRead(string name)
    {
        using (var sparse = File.Create(_folder.Path(name))) sparse.SetLength(2L << 30);

        Refused(() => Assert.Contains("at most", Assert.Throws<BadInputException>(() => JsonObjectFile.Read(_folder.Path(name))).Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Index_ManyFiles_IsRefusedBeforeOneIsOpened()
    {
        var map = string.Join(',', Enumerable.Range(0, 50_000).Select(at => $"\"t{at}\": \"s{at}.safetensors\""));
        File.WriteAllText(_folder.Path("model.safetensors.index.json"), $"{{\"weight_map\": {{{map}}}}}");

        Refused(() => Assert.Equal("weight_map", Assert.Throws<BadInputException>(() => ModelWeights.Open(_folder.Root)).Place));
    }

    private static void Refused(Action work) => Measured.Of<BadInputException>(work).Within(TimeSpan.FromSeconds(4), LittleMemory);

    private static void Describe(string path) => ModelDescription.Read(path);

    private BadInputException AdapterRefusal(JsonObject config)
    {
        File.WriteAllText(_folder.Path(PeftAdapterConfig.FileName), config.ToJsonString());
        return Assert.Throws<BadInputException>(() => PeftAdapterConfig.Load(_folder.Root));
    }

    private string CopyOf(string model, Action<JsonObject> change)
    {
        var (from, to) = (ReferenceFiles.Golden("huggingface", "models", model), _folder.Path("model"));
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from)) File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        var config = JsonObjectFile.Read(Path.Combine(to, ModelFolder.ConfigFileName));
        change(config);
        File.WriteAllText(Path.Combine(to, ModelFolder.ConfigFileName), config.ToJsonString());
        return to;
    }

    private static void Set(JsonObject config, string field, int value)
    {
        if (!field.StartsWith("rope_scaling.", StringComparison.Ordinal)) config[field] = value;
        else (config["rope_parameters"] ?? config["rope_scaling"])![field["rope_scaling.".Length..]] = value;
    }
}
