using R1Lab.Engine.Adapters;
using R1Lab.Engine.Training;

namespace R1Lab.Engine.Exchange;

/// <summary>The YAML that TRL's commands take (<c>trl sft --config …</c>): the fields of SFTConfig, ModelConfig and ScriptArguments in one list.</summary>
internal static class TrlConfigFile
{
    /// <summary>Whether these are such settings, and not those of a tool that shares names with them.</summary>
    public static bool Is(IReadOnlyList<Setting> settings) =>
        settings.Any(setting => setting.Name == "model_name_or_path")
        && settings.Any(setting => setting.Name is "dataset_name" or "dataset_mixture" or "dataset_mixer" or "datasets" or "use_peft" or "torch_dtype" or "dtype" or "max_length" or "max_seq_length" or "attn_implementation" or "lora_r")
        && !settings.Any(setting => setting.Name is "base_model" or "finetuning_type" or "stage" or "cutoff_len" or "template" or "lora_target" or "dataset" or "micro_batch_size");

    public static ImportedRecipe Read(IReadOnlyList<Setting> settings, ImportBudget budget, ToolSchemas tools)
    {
        var trl = new TrlFormat(tools);
        var adapts = settings.Any(setting => setting.Name == "use_peft" && setting.Is(true));
        // The defaults of SFTConfig and ModelConfig.
        if (Preference(settings) is { } other) throw TrainerClasses.Refused(ObjectivesOf(other.Name), other.Name, other.Line);
        var draft = new RecipeDraft(trl.Tool, TrainingArgumentNames.Defaults with
        {
            LearningRate = 2e-5,
            LoggingSteps = 10,
            Dtype = TrainingDtype.Bfloat16,
            MaxLength = 1024,
            GradientCheckpointing = true,
            DoubleQuantization = false,
            Lora = new LoraSettings { LoraDropout = 0.05, TargetModules = ["q_proj", "v_proj"] },
        }, budget, tools);
        Methods.Set(draft, adapts, Bits(settings), settings.Any(setting => setting.Name == "use_dora" && setting.Is(true)));
        foreach (var setting in settings) Read(draft, setting, adapts);
        TrainingArgumentNames.Conclude(draft, settings, settings.Any(setting => setting.Name is "dataset_test_split" or "dataset_mixture"), bfloat16: true);
        if (!settings.Any(setting => setting.Name is "completion_only_loss" or "assistant_only_loss" && setting.Value is not null)) draft.Note("completion_only_loss", "null", Reasons.PromptLearned());
        return draft.Finish(trl.Format, trl.Names);
    }

    private static int? Bits(IReadOnlyList<Setting> settings) =>
        settings.Any(setting => setting.Name == "load_in_4bit" && setting.Is(true)) ? 4 : settings.Any(setting => setting.Name == "load_in_8bit" && setting.Is(true)) ? 8 : null;

    // As far as a setting's name tells which of them.
    private static string ObjectivesOf(string name) => name switch
    {
        "num_generations" or "reward_funcs" or "max_completion_length" => "GRPO",
        "desirable_weight" => "KTO",
        "rpo_alpha" => "DPO",
        _ => "DPO, KTO or GRPO",
    };

    private static Setting? Preference(IReadOnlyList<Setting> settings) =>
        settings.FirstOrDefault(setting => setting.Name is "num_generations" or "reward_funcs" or "max_completion_length" or "beta" or "rpo_alpha" or "desirable_weight");

    private static void Read(RecipeDraft draft, Setting setting, bool adapts)
    {
        if (!adapts && (setting.Name.StartsWith("lora_", StringComparison.Ordinal) || setting.Name is "use_rslora" or "use_dora")) draft.Leave(setting, Reasons.NotNeeded(setting));
        else if (draft.Tools.TrlCommand.TryFind(setting.Name, out var field)) draft.Carry(setting, field);
        else if (!Special(draft, setting)) PythonCalls.Arguments(draft, setting);
    }

    private static bool Special(RecipeDraft draft, Setting setting)
    {
        switch (setting.Name)
        {
            case "use_peft": draft.Carry(setting, "method", draft["method"]); break;
            case "lora_target_modules": if (setting.Value is null) draft.Accept(setting); else TargetModules.Read(draft, setting); break;
            case "lora_task_type" when setting.Is("CAUSAL_LM"): draft.Accept(setting); break;
            case "lora_modules_to_save" or "lora_target_parameters" or "lora_task_type": draft.Refuse(setting); break;
            case "use_dora": draft.Accept(setting); break;
            case "load_in_4bit" or "load_in_8bit" or "bnb_4bit_quant_type" or "bnb_4bit_quant_storage": PythonCalls.Quantization(draft, setting); break;
            case "use_bnb_nested_quant": draft.Carry(setting, "double_quantization"); break;
            case "torch_dtype" or "dtype" or "attn_implementation" or "trust_remote_code" or "dataset_streaming" or "hub_model_revision" or "wandb_project" or "wandb_entity" or "trackio_space_id" when !setting.Is(true) || setting.Name == "trust_remote_code":
                draft.Leave(setting, Reasons.NotNeeded(setting));
                break;
            case "model_revision" or "dataset_train_split" when setting.Is("main") || setting.Is("train"): draft.Accept(setting); break;
            // Rows to evaluate on are held out of the dataset here.
            case "dataset_test_split": draft.Refuse(setting); break;
            case "chat_template": if (setting.Value is null) draft.Accept(setting); else draft.Leave(setting, Reasons.OwnTemplate(setting)); break;
            case "model_revision" or "dataset_train_split" or "dataset_config" or "dataset_mixture" or "dataset_mixer" or "datasets" or "system_prompt": draft.Refuse(setting); break;
            default: return false;
        }

        return true;
    }
}
