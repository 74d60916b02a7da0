using System.Text.Json.Nodes;
using R1Lab.Engine.Modeling;
using R1Lab.Tests.Shared;

namespace R1Lab.Engine.Tests.Modeling;

public sealed class DecoderConfigTests
{
    public static TheoryData<string> Variants => [.. Directory.GetFiles(ReferenceFiles.Golden("huggingface", "golden", "config_variants")).Select(f => Path.GetFileName(f)).Order()];

    public static TheoryData<string> Models => [.. GoldenTensors.Models];

    [Theory, MemberData(nameof(Variants))]
    public void Parse_OtherSpelling_EqualsTheFirst(string file)
    {
        var variant = GoldenTensors.Json("golden", "config_variants", file);

        var config = DecoderConfig.Parse(variant, file);

        Assert.Equal(GoldenTensors.Config(file[..file.IndexOf('.')]), config);
    }

    [Theory, MemberData(nameof(Models))]
    public void ToJson_ReadAgain_IsTheSame(string model)
    {
        var config = GoldenTensors.Config(model);

        var again = DecoderConfig.Parse(config.ToJson(config.Dtype!), "config.json");

        Assert.Equal(config, again);
    }

    [Theory]
    [InlineData("architectures", """["MistralForCausalLM"]""", "MistralForCausalLM")]
    [InlineData("model_type", "\"qwen3_moe\"", "qwen3_moe")]
    [InlineData("model_type", "\"qwen2\"", "contradicts")]
    [InlineData("hidden_act", "\"gelu\"", "gelu")]
    [InlineData("rope_scaling", """{"rope_type":"dynamic","factor":2.0}""", "dynamic")]
    [InlineData("rope_scaling", """{"type":"longrope","factor":2.0}""", "longrope")]
    [InlineData("rope_scaling", """{"type":"linear"}""", "factor")]
    [InlineData("rope_scaling", """{"factor":2.0}""", "rope_type")]
    [InlineData("rope_scaling", "7", "object")]
    [InlineData("quantization_config", """{"quant_method":"awq"}""", "awq")]
    [InlineData("layer_types", """["full_attention","sliding_attention","full_attention"]""", "sliding_attention")]
    [InlineData("attention_dropout", "0.1", "attention_dropout")]
    [InlineData("vocab_size", "null", "missing")]
    [InlineData("vocab_size", "-3", "-3")]
    [InlineData("vocab_size", "\"512\"", "number")]
    [InlineData("num_key_value_heads", "3", "num_key_value_heads")]
    [InlineData("head_dim", "15", "odd")]
    public void Parse_WhatIsNotComputed_IsRefusedByName(string field, string value, string named)
    {
        var json = GoldenTensors.Json("models", "llama_base", "config.json");
        json[field] = JsonNode.Parse(value);

        var e = Assert.Throws<BadInputException>(() => DecoderConfig.Parse(json, "some/config.json"));

        Assert.Contains("some/config.json", e.Message, StringComparison.Ordinal);
        Assert.Contains(field, e.Message, StringComparison.Ordinal);
        Assert.Contains(named, e.Message, StringComparison.Ordinal);
    }

    // What other programs write where there is nothing to say.
    [Theory]
    [InlineData("rope_scaling", "{}")]
    [InlineData("rope_scaling", """{"rope_type":null,"factor":null}""")]
    [InlineData("rope_scaling", """{"rope_type":"default"}""")]
    [InlineData("rope_parameters", "{}")]
    [InlineData("rope_parameters", """{"rope_theta":10000.0}""")]
    [InlineData("rope_parameters", """{"rope_theta":10000.0,"partial_rotary_factor":1.0,"type":null}""")]
    [InlineData("quantization_config", "{}")]
    [InlineData("quantization_config", """{"quant_method":null}""")]
    [InlineData("quantization_config", "null")]
    [InlineData("pad_token_id", "-1")]
    [InlineData("layer_types", "null")]
    public void Parse_EmptySetting_IsNone(string field, string value)
    {
        var json = GoldenTensors.Json("models", "llama_base", "config.json");
        json[field] = JsonNode.Parse(value);

        Assert.Equal(GoldenTensors.Config("llama_base"), DecoderConfig.Parse(json, "some/config.json"));
    }

    [Theory]
    [InlineData("""{}""", """{"rope_type":"linear","factor":2.0}""", 10000)]
    [InlineData("""{"rope_theta":500.0}""", """{"rope_type":"linear","factor":2.0}""", 10000)]
    [InlineData("""{"rope_type":"linear","factor":2.0,"rope_theta":500.0}""", """{}""", 500)]
    [InlineData("""{"rope_type":"linear","factor":2.0}""", "null", 10000)]
    public void Parse_BothSpellingsOfRope_TheOneThatSaysSomethingCounts(string parameters, string scaling, double theta)
    {
        var json = GoldenTensors.Json("models", "llama_base", "config.json");
        (json["rope_parameters"], json["rope_scaling"]) = (JsonNode.Parse(parameters), JsonNode.Parse(scaling));

        var config = DecoderConfig.Parse(json, "some/config.json");

        Assert.Equal((new RopeScaling.Linear(2), theta), (config.RopeScaling, config.RopeTheta));
    }

    [Fact]
    public void Parse_ThetaInRopeParametersAlone_IsTaken()
    {
        var json = GoldenTensors.Json("models", "llama_base", "config.json");
        json.Remove("rope_theta");
        json["rope_parameters"] = JsonNode.Parse("""{"rope_theta":500.0}""");

        Assert.Equal((null, 500), (DecoderConfig.Parse(json, "some/config.json").RopeScaling, DecoderConfig.Parse(json, "some/config.json").RopeTheta));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(28, false)]
    public void Parse_SlidingWindow_IsRefusedOnlyWhereALayerUsesIt(int firstSlidingLayer, bool refused)
    {
        var json = GoldenTensors.Json("models", "qwen2", "config.json");
        json["use_sliding_window"] = true;
        json["max_window_layers"] = firstSlidingLayer;

        var e = Record.Exception(() => DecoderConfig.Parse(json, "config.json"));

        Assert.Equal(refused, e is BadInputException);
    }
}
