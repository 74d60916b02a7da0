using System.Text.Json.Nodes;
using R1Lab.Engine.Training;

namespace R1Lab.Engine.Exchange;

/// <summary>Tools whose settings look like those of the tools that are read here, but mean other things: they are refused by their name.</summary>
internal static class OtherTools
{
    /// <summary>Names that only one tool has.</summary>
    private static readonly (string Tool, string[] Names)[] Own =
    [
        ("ms-swift", ["train_type", "tuner_type", "loss_scale", "rlhf_type", "split_dataset_ratio", "agent_template", "custom_register_path", "external_plugins"]),
        ("mlx-lm", ["fine_tune_type", "lora_parameters", "iters", "steps_per_eval"]),
        ("LitGPT", ["lora_query", "lora_projection", "checkpoint_dir", "lora_head"]),
        ("verl", ["actor_rollout_ref", "partial_pretrain"]),
        ("NeMo", ["exp_manager", "tensor_model_parallel_size"]),
        ("Accelerate (its launch settings)", ["compute_environment", "distributed_type"]),
        ("DeepSpeed", ["zero_optimization", "train_micro_batch_size_per_gpu"]),
    ];

    /// <exception cref="BadInputException">The settings are those of a tool that is not read here, or of one the lab does not know.</exception>
    public static void Refuse(IReadOnlyList<Setting> settings)
    {
        if (settings.Any(setting => setting.Name is "base_model" or "model_name_or_path" or "finetuning_type" or "stage")) return;
        if (settings.FirstOrDefault(setting => HasComponent(setting.Value, 0)) is { } component) throw Refused("torchtune", component);
        foreach (var (tool, names) in Own)
        {
            if (settings.FirstOrDefault(setting => names.Contains(setting.Name)) is { } own) throw Refused(tool, own);
        }

        if (settings.FirstOrDefault(setting => setting.Name == "model" && setting.Value is not null) is { } model)
            throw new BadInputException("recipe", $"line {model.Line}", "recipe_model_field", $"the model is named by model, as in none of the forms that are read here: LLaMA-Factory and TRL write model_name_or_path, Axolotl base_model");
    }

    /// <summary>The refusal of a tool by its name.</summary>
    public static BadInputException Refused(string tool, Setting source) =>
        new("recipe", $"line {source.Line}", $"these are settings of {tool} ({source.Name}), which is not read here yet; LLaMA-Factory, Axolotl and TRL are");

    private static bool HasComponent(JsonNode? value, int depth) => depth < 4 && value switch
    {
        JsonObject map => map.ContainsKey("_component_") || map.Any(pair => HasComponent(pair.Value, depth + 1)),
        JsonArray list => list.Any(item => HasComponent(item, depth + 1)),
        _ => false,
    };
}
