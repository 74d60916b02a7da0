using System.Text.Json.Nodes;
using R1Lab.Engine.Adapters;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Training;

namespace R1Lab.Engine.Exchange;

/// <summary>LLaMA-Factory's YAML (<c>src/llamafactory/hparams</c>).</summary>
internal sealed class LlamaFactoryFormat(ToolSchemas tools) : IRecipeFormat
{
    private static readonly HashSet<string> NotNeeded = new(StringComparer.Ordinal)
    {
        "dataset_dir", "media_dir", "preprocessing_num_workers", "preprocessing_batch_size", "overwrite_cache", "plot_loss", "trust_remote_code", "flash_attn",
        "use_fast_tokenizer", "cache_dir", "hf_hub_token", "ms_hub_token", "om_hub_token", "low_cpu_mem_usage", "use_reentrant_gc", "upcast_layernorm", "upcast_lmhead_output", "print_param_status",
        "quantization_device_map", "include_effective_tokens_per_second", "compute_accuracy", "enable_liger_kernel", "use_unsloth", "infer_backend", "infer_dtype",
        "data_shared_file_system", "adapter_folder", "ddp_timeout",
    };

    /// <summary>What changes the training and cannot be done here; off is nothing to tell.</summary>
    private static readonly HashSet<string> Unsupported = new(StringComparer.Ordinal)
    {
        "pissa_init", "use_galore", "use_apollo", "use_badam", "use_muon", "use_adam_mini", "use_llama_pro", "use_dft_loss", "use_asft_loss", "use_eaft_loss", "mixture_of_depths", "shift_attn",
        "additional_target", "eval_dataset", "streaming", "mix_strategy", "interleave_probs", "deepspeed", "fsdp", "fsdp_config", "rope_scaling",
        "pure_bf16", "fp8", "default_system", "tool_format", "enable_thinking", "train_from_scratch", "freeze_trainable_layers", "freeze_trainable_modules", "freeze_extra_modules", "model_revision",
        "add_tokens", "add_special_tokens", "ray_num_workers", "tokenized_path", "split_special_tokens", "resize_vocab", "create_new_adapter",
    };

    public RecipeFormat Format => RecipeFormat.LlamaFactory;

    public string Tool => "LLaMA-Factory";

    public IReadOnlyDictionary<string, string> Names { get; } = tools.LlamaFactory.Names
        .Concat(new Dictionary<string, string>
        {
            ["dataset"] = "dataset",
            ["method"] = "finetuning_type",
            ["quantization"] = "quantization_bit",
            ["lora.target_modules"] = "lora_target",
            ["packing"] = "packing",
            ["shuffle"] = "disable_shuffling",
            ["warmup_steps"] = "warmup_steps",
            ["logging_steps"] = "logging_steps",
            ["save_steps"] = "save_steps",
            ["eval_steps"] = "eval_steps",
            ["max_steps"] = "max_steps",
            ["optim"] = "optim",
            ["lr_scheduler_type"] = "lr_scheduler_type",
            ["metric_for_best_model"] = "metric_for_best_model",
            ["dtype"] = "bf16",
            ["epoch_end"] = "dataloader_drop_last",
            ["train_on"] = "mask_history",
        }).ToDictionary();

    private static TrainingRecipe Defaults { get; } = TrainingArgumentNames.Defaults with
    {
        MaxLength = 2048,
        GradientCheckpointing = true,
        Lora = new LoraSettings { R = 8 },
    };

    public int Score(IReadOnlyList<Setting> settings) => settings.Count(setting =>
        setting.Name is "finetuning_type" or "stage" or "lora_target" or "dataset_dir" or "disable_shuffling" or "disable_gradient_checkpointing" or "neat_packing" or "quantization_bit" or "train_on_prompt" or "template"
        || tools.LlamaFactory.Has(setting.Name));

    public ImportedRecipe Read(IReadOnlyList<Setting> settings, ImportBudget budget)
    {
        if (settings.LastOrDefault(setting => setting.Name == "stage") is { Value: not null } stage && !stage.Is("sft")) throw TrainerClasses.Refused(ObjectiveOf(stage), $"stage: {stage.Text}", stage.Line);
        var draft = new RecipeDraft(Tool, Defaults, budget, tools);
        foreach (var setting in settings) Read(draft, setting, settings);
        TrainingArgumentNames.Conclude(draft, settings, settings.Any(setting => setting is { Name: "eval_dataset", Value: not null }));
        // "default: lora_rank * 2"
        if (!draft.Has("lora.lora_alpha")) draft.Default("lora.lora_alpha", 2 * Setting.NumberOf(draft["lora.r"]));
        return draft.Finish(Format, Names);
    }

    public string Write(TrainingRecipe recipe)
    {
        var yaml = new YamlText();
        yaml.Comment("Register the dataset in dataset_info.json, and name the model's template, for example: template: deepseekr1");
        Model(yaml, recipe);
        Method(yaml, recipe);
        yaml.Section("dataset").Add("dataset", recipe.Dataset.Replace(',', '_')).AddAll(tools.LlamaFactory.Of(recipe, "max_samples", "max_length"))
            .Add("packing", recipe.Packing).Add("neat_packing", recipe.Packing)
            .AddAll(tools.LlamaFactory.Of(recipe, "val_size")).Add("disable_shuffling", !recipe.Shuffle)
            .Add("train_on_prompt", recipe.TrainOn == TrainOn.WholeText).Add("mask_history", recipe.TrainOn == TrainOn.LastTurn);
        TrainingArgumentText.Write(yaml, recipe, tools.Transformers, "eval_accuracy");
        if (recipe.MetricForBestModel == BestMetric.EvalTokenAccuracy) yaml.Add("compute_accuracy", true);
        yaml.AddAll(tools.LlamaFactory.Of(recipe, "early_stopping_patience"))
            .AddAll(tools.LlamaFactory.Others(recipe, Defaults, yaml.Names, "gradient_checkpointing", "group_by_length"));
        return yaml.ToString();
    }

    // Off is the lab's own way, and says nothing against the other of the two settings.
    private static void LearnedTurns(RecipeDraft draft, Setting setting, string learned)
    {
        if (setting.Is(true)) draft.Carry(setting, "train_on", learned);
        else if (setting.Is(false) || setting.Value is null) draft.Accept(setting);
        else draft.Refuse(setting);
    }

    private void Model(YamlText yaml, TrainingRecipe recipe)
    {
        yaml.Section("model").AddAll(tools.LlamaFactory.Of(recipe, "model"));
        if (Methods.Adapts(recipe)) yaml.AddAll(tools.LlamaFactory.Of(recipe, "lora.init_from"));
        if (Methods.Bits(recipe) is not { } bits) return;
        yaml.Add("quantization_bit", bits).Add("quantization_method", "bnb");
        if (bits == 4) yaml.Add("quantization_type", "nf4").AddAll(tools.LlamaFactory.Of(recipe, "double_quantization"));
    }

    private void Method(YamlText yaml, TrainingRecipe recipe)
    {
        yaml.Section("method").Add("stage", "sft").Add("do_train", true).Add("finetuning_type", Methods.Adapts(recipe) ? "lora" : "full");
        if (Methods.Adapts(recipe))
        {
            yaml.AddAll(tools.LlamaFactory.Of(recipe, "lora.r", "lora.lora_alpha", "lora.lora_dropout"))
                .Add("lora_target", TargetModules.AreAll(recipe) ? "all" : string.Join(",", recipe.Lora.TargetModules))
                .AddAll(tools.LlamaFactory.Of(recipe, "lora.use_rslora")).Add("use_dora", Methods.Decomposes(recipe)).AddAll(tools.LlamaFactory.Of(recipe, "lora.loraplus_lr_ratio"));
        }

        yaml.Add("disable_gradient_checkpointing", !recipe.GradientCheckpointing);
        if (recipe.ActivationOffloading) yaml.AddAll(tools.LlamaFactory.Of(recipe, "activation_offloading"));
    }

    private static void Read(RecipeDraft draft, Setting setting, IReadOnlyList<Setting> all)
    {
        if (draft.Tools.LlamaFactory.TryFind(setting.Name, out var field)) draft.Carry(setting, field);
        else if (NotNeeded.Contains(setting.Name)) draft.Leave(setting, Reasons.NotNeeded(setting));
        else if (Unsupported.Contains(setting.Name)) draft.Refuse(setting);
        else if (!Special(draft, setting, all) && !TrainingArgumentNames.Read(draft, setting)) draft.Wonder(setting);
    }

    private static bool Special(RecipeDraft draft, Setting setting, IReadOnlyList<Setting> all)
    {
        switch (setting.Name)
        {
            case "stage": draft.Accept(setting); break;
            case "ignore_pad_token_for_loss": if (setting.Is(false)) draft.Leave(setting, Reasons.Unsupported(setting)); else draft.Accept(setting); break;
            case "finetuning_type": Type(draft, setting, all); break;
            case "template": if (setting.Value is null) draft.Accept(setting); else draft.Leave(setting, Reasons.OwnTemplate(setting)); break;
            case "dataset": Dataset(draft, setting); break;
            case "lora_target": TargetModules.Read(draft, setting); break;
            case "use_dora": Decomposing(draft, setting, all); break;
            case "quantization_bit": Quantization(draft, setting, all); break;
            case "quantization_method": if (setting.Is("bnb") || setting.Is("bitsandbytes")) draft.Accept(setting); else draft.Change(setting, "quantization", draft["quantization"], Reasons.Replaced(setting, "bnb")); break;
            case "quantization_type": if (setting.Is("nf4")) draft.Accept(setting); else draft.Change(setting, "quantization", "nf4", Reasons.Replaced(setting, "nf4")); break;
            case "packing" or "neat_packing": Packing(draft, setting, all); break;
            case "disable_shuffling": draft.Carry(setting, "shuffle", Opposite(setting)); break;
            case "mask_history": LearnedTurns(draft, setting, "last_turn"); break;
            case "train_on_prompt": LearnedTurns(draft, setting, "whole_text"); break;
            case "disable_gradient_checkpointing": draft.Carry(setting, "gradient_checkpointing", Opposite(setting)); break;
            default: return false;
        }

        return true;
    }

    private static string ObjectiveOf(Setting stage) => stage.Text.ToLowerInvariant() switch
    {
        "pt" => "pre-training",
        "rm" => "reward model",
        var other => other.ToUpperInvariant(),
    };

    private static JsonNode? Opposite(Setting setting) => setting.Is(true) ? false : setting.Is(false) ? true : setting.Value;

    private static int? BitsOf(IReadOnlyList<Setting> all) => all.LastOrDefault(setting => setting.Name == "quantization_bit")?.Number switch { 4 => 4, 8 => 8, _ => null };

    private static bool DoraOf(IReadOnlyList<Setting> all) => all.Any(setting => setting.Name == "use_dora" && setting.Is(true));

    private static bool AdaptsBy(IReadOnlyList<Setting> all) => all.LastOrDefault(setting => setting.Name == "finetuning_type") is not { } type || !type.Is("full") && !type.Is("freeze");

    private static void Type(RecipeDraft draft, Setting setting, IReadOnlyList<Setting> all)
    {
        Methods.Set(draft, AdaptsBy(all), BitsOf(all), DoraOf(all));
        if (setting.Is("lora") || setting.Is("full")) draft.Carry(setting, "method", draft["method"]);
        else draft.Change(setting, "method", draft["method"], Reasons.Replaced(setting, Setting.TextOf(draft["method"])));
    }

    private static void Decomposing(RecipeDraft draft, Setting setting, IReadOnlyList<Setting> all)
    {
        Methods.Set(draft, AdaptsBy(all), BitsOf(all), DoraOf(all));
        draft.Accept(setting);
    }

    private static void Quantization(RecipeDraft draft, Setting setting, IReadOnlyList<Setting> all)
    {
        if (setting.Value is null) draft.Accept(setting);
        else if (BitsOf(all) is null || !AdaptsBy(all)) draft.Leave(setting, Reasons.Unsupported(setting));
        else
        {
            Methods.Set(draft, true, BitsOf(all), DoraOf(all));
            draft.Carry(setting, "quantization", draft["quantization"]);
        }
    }

    private static void Packing(RecipeDraft draft, Setting setting, IReadOnlyList<Setting> all)
    {
        var neat = all.Any(one => one.Name == "neat_packing" && one.Is(true));
        if (setting.Name == "neat_packing" && setting.Is(false)) draft.Accept(setting);
        else if (setting.Is(true) && !neat) draft.Change(setting, "packing", true, Reasons.CrossAttention());
        else draft.Carry(setting, "packing");
    }

    private static void Dataset(RecipeDraft draft, Setting setting)
    {
        var names = Setting.TextOf(setting.Value).Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (names.Length > 1) draft.Change(setting, "dataset", names[0], Reasons.Replaced(setting, names[0]));
        else draft.Carry(setting, "dataset");
    }
}
