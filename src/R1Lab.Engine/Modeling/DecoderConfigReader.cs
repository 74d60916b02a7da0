namespace R1Lab.Engine.Modeling;

/// <summary>Turns the fields of a <c>config.json</c> into a <see cref="DecoderConfig"/>, refusing by name what is not computed.</summary>
internal static class DecoderConfigReader
{
    public static DecoderConfig Read(ConfigFields json)
    {
        var family = ReadFamily(json);
        RefuseUnsupported(json, family);
        var heads = json.Count("num_attention_heads", ConfigLimits.Heads);
        var attentionBias = json.Flag("attention_bias", false);
        var maxPositions = json.Count("max_position_embeddings", ConfigLimits.Positions, family == DecoderFamily.Llama ? 2048 : 32768);
        var rope = json.Object("rope_scaling") ?? json.Object("rope_parameters"); // transformers prefers them in this order
        var config = new DecoderConfig
        {
            Family = family,
            VocabSize = json.Count("vocab_size", ConfigLimits.Vocabulary),
            HiddenSize = json.Count("hidden_size", ConfigLimits.HiddenSize),
            IntermediateSize = json.Count("intermediate_size", ConfigLimits.IntermediateSize),
            LayerCount = json.Count("num_hidden_layers", ConfigLimits.Layers),
            HeadCount = heads,
            KeyValueHeadCount = json.Count("num_key_value_heads", ConfigLimits.Heads, heads),
            HeadDim = ReadHeadDim(json, family, heads),
            MaxPositions = maxPositions,
            RmsNormEpsilon = json.Positive("rms_norm_eps", ConfigLimits.Epsilon, 1e-6),
            RopeTheta = ReadRopeTheta(json, rope),
            RopeScaling = rope is { } scaling ? RopeScaling.Read(scaling, maxPositions) : null,
            TieWordEmbeddings = json.Flag("tie_word_embeddings", false),
            QkvBias = family == DecoderFamily.Qwen2 || attentionBias,
            OutputBias = family != DecoderFamily.Qwen2 && attentionBias,
            MlpBias = family == DecoderFamily.Llama && json.Flag("mlp_bias", false),
            QkNorm = family == DecoderFamily.Qwen3,
            InitializerRange = json.Positive("initializer_range", ConfigLimits.InitializerRange, 0.02),
            Dtype = json.Text("dtype") ?? json.Text("torch_dtype"),
        };
        if (config.HeadCount % config.KeyValueHeadCount != 0)
        {
            throw json.Refuse("num_key_value_heads", "config_kv_heads", $"{config.KeyValueHeadCount} does not divide num_attention_heads {config.HeadCount}.");
        }

        return config;
    }

    private static double ReadRopeTheta(ConfigFields json, ConfigFields? rope)
    {
        var source = rope?.Has("rope_theta") == true ? rope.Value : json.Has("rope_theta") ? json : json.Object("rope_parameters") ?? json;
        return source.Positive("rope_theta", ConfigLimits.RopeTheta, 10000);
    }

    private static DecoderFamily ReadFamily(ConfigFields json)
    {
        var architecture = json.Texts("architectures") is [var first, ..] ? first : null;
        var family = architecture switch
        {
            null => null,
            "LlamaForCausalLM" => DecoderFamily.Llama,
            "Qwen2ForCausalLM" => DecoderFamily.Qwen2,
            "Qwen3ForCausalLM" => (DecoderFamily?)DecoderFamily.Qwen3,
            _ => throw json.Refuse("architectures", "config_architecture", $"'{architecture}' is not supported (LlamaForCausalLM, Qwen2ForCausalLM and Qwen3ForCausalLM are)."),
        };
        var type = json.Text("model_type");
        DecoderFamily? byType = type switch
        {
            null => null,
            "llama" => DecoderFamily.Llama,
            "qwen2" => DecoderFamily.Qwen2,
            "qwen3" => DecoderFamily.Qwen3,
            _ => throw json.Refuse("model_type", "config_model_type", $"'{type}' is not supported (llama, qwen2 and qwen3 are)."),
        };
        if (family is not null && byType is not null && family != byType) throw json.Refuse("model_type", "config_contradiction", $"'{type}' contradicts architectures '{architecture}'.");
        return family ?? byType ?? throw json.Refuse("model_type", "config_missing", $"is missing.");
    }

    private static int ReadHeadDim(ConfigFields json, DecoderFamily family, int heads)
    {
        var hidden = json.Count("hidden_size", ConfigLimits.HiddenSize);
        // Qwen3's published default is 128 whatever the hidden size; the other families divide.
        if (!json.Has("head_dim") && family != DecoderFamily.Qwen3 && hidden % heads != 0)
        {
            throw json.Refuse("hidden_size", "config_hidden_size", $"{hidden} is not divisible by num_attention_heads {heads}.");
        }

        var dim = json.Count("head_dim", ConfigLimits.HeadDim, family == DecoderFamily.Qwen3 ? 128 : hidden / heads);
        return dim % 2 == 0 ? dim : throw json.Refuse("head_dim", "config_head_dim", $"{dim} is odd: rotary positions need pairs.");
    }

    private static void RefuseUnsupported(ConfigFields json, DecoderFamily family)
    {
        if (json.Object("quantization_config") is { } quantization)
        {
            var method = quantization.Text("quant_method") ?? "unnamed";
            throw json.Refuse("quantization_config", "config_quantised", $"weights quantised by '{method}' cannot be read. Use the unquantised model.");
        }

        var activation = json.Text("hidden_act") ?? "silu";
        if (activation != "silu") throw json.Refuse("hidden_act", "config_activation", $"'{activation}' is not supported (silu is).");
        if (json.Number("attention_dropout", 0) != 0) throw json.Refuse("attention_dropout", "config_attention_dropout", $"dropout on attention weights is not supported.");
        if (json.Number("partial_rotary_factor", 1) != 1) throw json.Refuse("partial_rotary_factor", "config_partial_rotary", $"rotating only a part of each head is not supported.");
        RefuseSlidingWindow(json, family);
    }

    // Configs carry a window they do not use (use_sliding_window false, or every layer below max_window_layers). Only one that would change the result is refused.
    private static void RefuseSlidingWindow(ConfigFields json, DecoderFamily family)
    {
        if (json.Texts("layer_types").FirstOrDefault(t => t != "full_attention") is { } kind) throw json.Refuse("layer_types", "config_layer_types", $"'{kind}' is not supported (full_attention is).");
        if (family == DecoderFamily.Llama || json.Has("layer_types") || !json.Flag("use_sliding_window", false) || !json.Has("sliding_window")) return;
        var firstSliding = json.Number("max_window_layers", 28);
        if (firstSliding < json.Count("num_hidden_layers", ConfigLimits.Layers)) throw json.Refuse("use_sliding_window", "config_sliding_window", $"attention windows ({json.Count("sliding_window", ConfigLimits.Positions)} tokens from layer {firstSliding}) are not supported.");
    }
}
