namespace R1Lab.Engine.Tests.Modeling;

/// <summary>The fields that decide shape and arithmetic in the published models' config.json.</summary>
internal static class PublishedConfigs
{
    public static readonly IReadOnlyDictionary<string, string> Json = new Dictionary<string, string>
    {
        ["DeepSeek-R1-Distill-Llama-8B"] = """
            {
              "architectures": ["LlamaForCausalLM"], "model_type": "llama", "vocab_size": 128256, "hidden_size": 4096, "intermediate_size": 14336,
              "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 8, "max_position_embeddings": 131072, "rms_norm_eps": 1e-05,
              "attention_bias": false, "mlp_bias": false, "attention_dropout": 0.0, "hidden_act": "silu", "tie_word_embeddings": false, "pretraining_tp": 1,
              "rope_theta": 500000.0, "torch_dtype": "bfloat16", "bos_token_id": 128000, "eos_token_id": 128001,
              "rope_scaling": {"factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 8192, "rope_type": "llama3"}
            }
            """,
        ["DeepSeek-R1-0528-Qwen3-8B"] = """
            {
              "architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "vocab_size": 151936, "hidden_size": 4096, "intermediate_size": 12288,
              "num_hidden_layers": 36, "num_attention_heads": 32, "num_key_value_heads": 8, "head_dim": 128, "max_position_embeddings": 131072,
              "rms_norm_eps": 1e-06, "attention_bias": false, "attention_dropout": 0.0, "hidden_act": "silu", "tie_word_embeddings": false,
              "rope_theta": 1000000, "torch_dtype": "bfloat16", "max_window_layers": 36, "sliding_window": null, "use_sliding_window": false,
              "rope_scaling": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32768, "attn_factor": 0.8782488562869419}
            }
            """,
        ["DeepSeek-R1-Distill-Qwen-1.5B"] = """
            {
              "architectures": ["Qwen2ForCausalLM"], "model_type": "qwen2", "vocab_size": 151936, "hidden_size": 1536, "intermediate_size": 8960,
              "num_hidden_layers": 28, "num_attention_heads": 12, "num_key_value_heads": 2, "max_position_embeddings": 131072, "rms_norm_eps": 1e-06,
              "attention_dropout": 0.0, "hidden_act": "silu", "tie_word_embeddings": false, "rope_theta": 10000, "torch_dtype": "bfloat16",
              "max_window_layers": 21, "sliding_window": 4096, "use_sliding_window": false, "use_mrope": false
            }
            """,
    };
}
