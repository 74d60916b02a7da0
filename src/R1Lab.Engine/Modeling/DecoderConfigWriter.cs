using System.Text.Json.Nodes;

namespace R1Lab.Engine.Modeling;

/// <summary>Writes a <see cref="DecoderConfig"/> as a Hugging Face <c>config.json</c> (transformers 4 spelling).</summary>
internal static class DecoderConfigWriter
{
    public static JsonObject Write(DecoderConfig config, string dtype)
    {
        var json = new JsonObject
        {
            ["architectures"] = new JsonArray($"{config.Family}ForCausalLM"),
            ["model_type"] = config.Family switch { DecoderFamily.Llama => "llama", DecoderFamily.Qwen2 => "qwen2", _ => "qwen3" },
            ["vocab_size"] = config.VocabSize,
            ["hidden_size"] = config.HiddenSize,
            ["intermediate_size"] = config.IntermediateSize,
            ["num_hidden_layers"] = config.LayerCount,
            ["num_attention_heads"] = config.HeadCount,
            ["num_key_value_heads"] = config.KeyValueHeadCount,
            ["head_dim"] = config.HeadDim,
            ["hidden_act"] = "silu",
            ["max_position_embeddings"] = config.MaxPositions,
            ["rms_norm_eps"] = config.RmsNormEpsilon,
            ["rope_theta"] = config.RopeTheta,
            ["rope_scaling"] = Write(config.RopeScaling),
            ["tie_word_embeddings"] = config.TieWordEmbeddings,
            ["attention_dropout"] = 0.0,
            ["initializer_range"] = config.InitializerRange,
            ["torch_dtype"] = dtype,
            ["use_cache"] = true,
        };
        if (config.Family != DecoderFamily.Qwen2) json["attention_bias"] = config.QkvBias;
        if (config.Family == DecoderFamily.Llama) json["mlp_bias"] = config.MlpBias;
        if (config.Family != DecoderFamily.Llama) json["use_sliding_window"] = false;
        return json;
    }

    private static JsonObject? Write(RopeScaling? scaling)
    {
        switch (scaling)
        {
            case RopeScaling.Linear linear:
                return new JsonObject { ["rope_type"] = "linear", ["factor"] = linear.Factor };
            case RopeScaling.Llama3 llama:
                return new JsonObject
                {
                    ["rope_type"] = "llama3",
                    ["factor"] = llama.Factor,
                    ["low_freq_factor"] = llama.LowFrequencyFactor,
                    ["high_freq_factor"] = llama.HighFrequencyFactor,
                    ["original_max_position_embeddings"] = llama.OriginalMaxPositions,
                };
            case RopeScaling.Yarn yarn:
                var json = new JsonObject
                {
                    ["rope_type"] = "yarn",
                    ["factor"] = yarn.Factor,
                    ["original_max_position_embeddings"] = yarn.OriginalMaxPositions,
                    ["beta_fast"] = yarn.BetaFast,
                    ["beta_slow"] = yarn.BetaSlow,
                };
                if (yarn.AttentionFactor is { } factor) json["attention_factor"] = factor;
                if (!yarn.Truncate) json["truncate"] = false;
                return json;
            default:
                return null;
        }
    }
}
