using System.Text.Json;
using System.Text.Json.Nodes;
using R1Lab.Engine.Adapters;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Training;

namespace R1Lab.Engine.Exchange;

/// <summary>Axolotl's YAML (<c>src/axolotl/utils/schemas</c>).</summary>
internal sealed class AxolotlFormat(ToolSchemas tools) : IRecipeFormat
{
    private static readonly HashSet<string> NotNeeded = new(StringComparer.Ordinal)
    {
        "model_type", "tokenizer_type", "tokenizer_use_fast", "processor_type", "output_dir", "dataset_prepared_path", "dataset_processes", "dataset_num_proc", "hub_model_id", "hub_strategy",
        "hf_use_auth_token", "push_dataset_to_hub", "wandb_project", "wandb_entity", "wandb_watch", "wandb_name", "wandb_log_model", "wandb_mode", "wandb_run_id", "mlflow_tracking_uri", "mlflow_experiment_name",
        "use_tensorboard", "tf32", "flash_attention", "sdp_attention", "xformers_attention", "flex_attention", "eager_attention", "attn_implementation",
        "gradient_checkpointing_kwargs", "logging_first_step", "pad_to_sequence_len", "eval_sample_packing", "pad_to_multiple_of", "trust_remote_code", "strict", "save_safetensors",
        "save_first_step", "save_only_model", "local_rank", "ddp", "ddp_timeout", "bnb_config_kwargs", "lora_mlp_kernel", "lora_qkv_kernel", "lora_o_kernel", "greater_is_better",
        "dataloader_num_workers", "dataloader_pin_memory", "dataloader_prefetch_factor", "is_llama_derived_model", "is_qwen_derived_model", "low_cpu_mem_usage", "shuffle_merged_datasets",
        "remove_unused_columns", "ddp_find_unused_parameters", "debug", "use_kernels", "cut_cross_entropy", "liger_rope", "liger_rms_norm",
        "liger_rms_norm_gated", "liger_layer_norm", "liger_glu_activation", "liger_cross_entropy", "liger_fused_linear_cross_entropy", "eval_table_size", "eval_max_new_tokens", "loss_watchdog_patience", "use_wandb",
        "flash_attn_cross_entropy", "flash_attn_rms_norm", "flash_attn_fuse_mlp", "gc_steps", "hub_revision",
    };

    private static readonly HashSet<string> Unsupported = new(StringComparer.Ordinal)
    {
        "rl", "reward_model", "process_reward_model", "pretraining_dataset", "lora_modules_to_save", "lora_target_parameters", "peft_layers_to_transform", "peft_layers_pattern", "peft_init_lora_weights", "peft", "relora",
        "unfrozen_parameters", "test_datasets", "deepspeed", "fsdp", "fsdp_config", "fp8", "gptq", "qat", "quantization", "reinit_weights", "tokens", "added_tokens_overrides", "embedding_lr",
        "embedding_lr_scale", "cosine_constant_lr_ratio", "lr_groups", "jagged_restart_steps", "use_pose", "streaming", "batch_flattening", "torch_compile", "overrides_of_model_config", "rope_scaling", "max_prompt_len",
        "default_system_message", "optim_args", "optim_target_modules", "layer_offloading", "loss_watchdog_threshold", "adam_eps", "eta_min", "skip_prepare_dataset", "tokenizer_config", "resume_from_checkpoint", "auto_resume_from_checkpoints", "lora_fan_in_fan_out", "dataset_exact_deduplication", "eot_tokens", "tokenizer_legacy",
        "tokenizer_use_mistral_common", "dataloader_drop_last", "revision_of_model", "lr_quadratic_warmup", "min_sample_len", "resize_token_embeddings_to_32x", "sequence_parallel_degree", "context_parallel_size", "tensor_parallel_size",
    };

    public RecipeFormat Format => RecipeFormat.Axolotl;

    public string Tool => "Axolotl";

    public IReadOnlyDictionary<string, string> Names { get; } = tools.Axolotl.Names.Concat(new Dictionary<string, string>
    {
        ["dataset"] = "datasets",
        ["method"] = "adapter",
        ["quantization"] = "load_in_4bit",
        ["double_quantization"] = "bnb_config_kwargs",
        ["lora.target_modules"] = "lora_target_modules",
        ["lora.use_dora"] = "peft_use_dora",
        ["lr_scheduler_type"] = "lr_scheduler",
        ["optim"] = "optimizer",
        ["max_steps"] = "max_steps",
        ["warmup_steps"] = "warmup_steps",
        ["evals_per_epoch"] = "evals_per_epoch",
        ["save_steps"] = "save_steps",
        ["save_total_limit"] = "save_total_limit",
        ["eval_steps"] = "eval_steps",
        ["shuffle"] = "curriculum_sampling",
        ["dtype"] = "bf16",
        ["overlong_rows"] = "excess_length_strategy",
        ["train_on"] = "train_on_inputs",
        ["gradient_checkpointing"] = "gradient_checkpointing",
        ["activation_offloading"] = "activation_offloading",
        ["device_map"] = "device_map",
        ["metric_for_best_model"] = "metric_for_best_model",
    }).ToDictionary();

    private static TrainingRecipe Defaults { get; } = TrainingRecipe.Initial with
    {
        Method = TrainingMethod.Full,
        LrSchedulerType = SchedulerType.Cosine,
        PerDeviceTrainBatchSize = 1,
        NumTrainEpochs = 1,
        MaxLength = 512,
        SaveTotalLimit = SnapshotsKept,
        Lora = new LoraSettings { R = 8, LoraAlpha = 16 },
    };

    private const int SnapshotsKept = 4;

    public int Score(IReadOnlyList<Setting> settings) => settings.Count(setting =>
        setting.Name is "adapter" or "datasets" or "lr_scheduler" or "optimizer" or "load_in_4bit" or "load_in_8bit" or "lora_target_linear" or "train_on_inputs" or "warmup_steps" or "evals_per_epoch" || tools.Axolotl.Has(setting.Name));

    public ImportedRecipe Read(IReadOnlyList<Setting> settings, ImportBudget budget)
    {
        Demand(settings);
        var draft = new RecipeDraft(Tool, Defaults, budget, tools);
        foreach (var setting in settings) Read(draft, setting, settings);
        if (!draft.Has("gradient_accumulation_steps")) WholeBatch(draft, settings);
        // Older names of the two switches.
        Precision.Read(draft, [.. settings.Select(setting => setting.Name switch { "bfloat16" => setting with { Name = "bf16" }, "float16" => setting with { Name = "fp16" }, _ => setting })]);
        // "warmup_ratio = 0.03" where neither is given.
        if (!draft.Has("warmup_steps") && !draft.Has("warmup_ratio")) draft.Default("warmup_ratio", 0.03);
        draft.Assume("num_epochs", "epoch_end", "whole_run", Reasons.WholeRun(Tool));
        if (!draft.Has("logging_steps")) draft.Space("logging_steps");
        if (!draft.Has("save_steps") && !settings.Any(setting => setting.Name is "saves_per_epoch" or "save_strategy")) draft.Space("save_steps");
        // Required there.
        if (!draft.Has("learning_rate")) draft.Assume("learning_rate", draft["learning_rate"]!.DeepClone(), "R1Lab");
        return draft.Finish(Format, Names);
    }

    public string Write(TrainingRecipe recipe)
    {
        var yaml = new YamlText().Section("model").AddAll(tools.Axolotl.Of(recipe, "model"));
        if (recipe.DeviceMap == DeviceMap.Auto) yaml.Add("device_map", "auto");
        WriteMethod(yaml, recipe);
        WriteData(yaml, recipe);
        WriteTraining(yaml, recipe);
        WriteSchedule(yaml, recipe);
        yaml.AddAll(tools.Axolotl.Others(recipe, Defaults, yaml.Names, "early_stopping_patience"));
        return yaml.ToString();
    }

    private void WriteMethod(YamlText yaml, TrainingRecipe recipe)
    {
        var bits = Methods.Bits(recipe);
        yaml.Section("method");
        if (Methods.Adapts(recipe))
        {
            yaml.Add("adapter", bits == 4 ? "qlora" : "lora").Add("load_in_4bit", bits == 4).Add("load_in_8bit", bits == 8);
            if (bits == 4) yaml.Add("bnb_config_kwargs", new JsonObject { ["bnb_4bit_quant_type"] = "nf4", ["bnb_4bit_use_double_quant"] = recipe.DoubleQuantization });
            WriteLora(yaml, recipe);
        }

        // Offloading without checkpointing is refused there, and does nothing here.
        yaml.Add("gradient_checkpointing", recipe.GradientCheckpointing).Add("activation_offloading", recipe.ActivationOffloading && recipe.GradientCheckpointing ? "hidden_states" : false);
    }

    private void WriteLora(YamlText yaml, TrainingRecipe recipe)
    {
        var lora = recipe.Lora;
        // Alpha is a whole number there.
        yaml.AddAll(tools.Axolotl.Of(recipe, "lora.init_from", "lora.r")).Add("lora_alpha", Whole(lora.LoraAlpha)).AddAll(tools.Axolotl.Of(recipe, "lora.lora_dropout"));
        if (TargetModules.AreAll(recipe)) yaml.Add("lora_target_linear", true);
        else yaml.Add("lora_target_modules", new JsonArray([.. lora.TargetModules.Select(name => JsonValue.Create(name))]));
        yaml.Add("peft_use_dora", Methods.Decomposes(recipe)).AddAll(tools.Axolotl.Of(recipe, "lora.use_rslora", "lora.loraplus_lr_ratio"));
        if (lora.RankPattern.Count > 0) yaml.AddAll(tools.Axolotl.Of(recipe, "lora.rank_pattern"));
        if (lora.AlphaPattern.Count > 0) yaml.Add("lora_alpha_pattern", JsonSerializer.SerializeToNode(lora.AlphaPattern.ToDictionary(pair => pair.Key, pair => Whole(pair.Value))));
    }

    private void WriteData(YamlText yaml, TrainingRecipe recipe)
    {
        yaml.Section("data").Add("datasets", new JsonArray(new JsonObject { ["path"] = recipe.Dataset, ["type"] = "chat_template" })).Add("train_on_inputs", recipe.TrainOn == TrainOn.WholeText)
            .AddAll(tools.Axolotl.Of(recipe, "max_length")).Add("excess_length_strategy", "drop").AddAll(tools.Axolotl.Of(recipe, "packing", "group_by_length", "val_size"));
        if (!recipe.Shuffle) yaml.Add("curriculum_sampling", true).Add("shuffle_merged_datasets", false);
    }

    private void WriteTraining(YamlText yaml, TrainingRecipe recipe)
    {
        yaml.Section("train").Add("output_dir", "output")
            .AddAll(tools.Axolotl.Of(recipe, "per_device_train_batch_size", "per_device_eval_batch_size", "gradient_accumulation_steps", "num_train_epochs"))
            .AddUnlessNull("max_steps", recipe.MaxSteps is > 0 ? recipe.MaxSteps : null).Add("optimizer", Optimizers.Write(recipe))
            .AddAll(tools.Axolotl.Of(recipe, "learning_rate", "weight_decay", "adam_beta1", "adam_beta2", "adam_epsilon", "max_grad_norm")).Add("lr_scheduler", SnakeCase.Of(recipe.LrSchedulerType)).AddUnlessNull("lr_scheduler_kwargs", Schedules.Write(recipe));
        // Both together are refused there.
        if (recipe.WarmupSteps > 0) yaml.Add("warmup_steps", recipe.WarmupSteps);
        else yaml.AddAll(tools.Axolotl.Of(recipe, "warmup_ratio"));
        foreach (var (name, value) in Precision.Write(recipe, knowsAuto: true)) yaml.Add(name, value);
        yaml.AddAll(tools.Axolotl.Of(recipe, "neftune_noise_alpha", "seed"));
    }

    private void WriteSchedule(YamlText yaml, TrainingRecipe recipe)
    {
        // Early stopping is refused there unless saves fall on evaluations, and both are counted in steps.
        var stops = recipe is { EarlyStoppingPatience: not null, ValSize: > 0, EvalsPerEpoch: null, EvalSteps: > 0 };
        var saves = stops ? TrainingArgumentText.NextMultiple(recipe.SaveSteps ?? recipe.EvalSteps!.Value, recipe.EvalSteps!.Value) : recipe.SaveSteps;
        yaml.Section("log, save and evaluate").AddAll(tools.Axolotl.Of(recipe, "logging_steps")).AddUnlessNull("save_steps", saves).Add("save_total_limit", recipe.SaveTotalLimit ?? int.MaxValue);
        // Without held-out rows settings of evaluation are refused there.
        if (recipe.ValSize <= 0) return;
        if (recipe.EvalsPerEpoch is not { } times) yaml.AddUnlessNull("eval_steps", recipe.EvalSteps);
        else if (times == Math.Floor(times) && times < int.MaxValue) yaml.Add("evals_per_epoch", (int)times);
        if (stops) yaml.AddAll(tools.Axolotl.Of(recipe, "early_stopping_patience"));
        yaml.AddAll(tools.Axolotl.Of(recipe, "load_best_model_at_end")).Add("metric_for_best_model", "eval_loss");
    }

    private static JsonNode Whole(double alpha) => alpha >= 1 && alpha < int.MaxValue ? (int)Math.Round(alpha) : 1;

    private static void Read(RecipeDraft draft, Setting setting, IReadOnlyList<Setting> all)
    {
        if (draft.Tools.Axolotl.TryFind(setting.Name, out var field)) draft.Carry(setting, field);
        else if (!Special(draft, setting, all) && !Methodical(draft, setting, all))
        {
            if (NotNeeded.Contains(setting.Name)) draft.Leave(setting, Reasons.NotNeeded(setting));
            else if (Unsupported.Contains(setting.Name)) draft.Refuse(setting);
            else draft.Wonder(setting);
        }
    }

    private static bool Special(RecipeDraft draft, Setting setting, IReadOnlyList<Setting> all)
    {
        switch (setting.Name)
        {
            case "datasets": AxolotlDatasets.Read(draft, setting); break;
            // Since transformers 5 a number below 1 is a share of the run.
            case "warmup_steps": draft.Carry(setting, setting.Number is > 0 and < 1 ? "warmup_ratio" : "warmup_steps"); break;
            case "evals_per_epoch": draft.Carry(setting, "evals_per_epoch", setting.Number is <= 0 ? null : setting.Value); break;
            case "chat_template": if (setting.Value is null || setting.Is("tokenizer_default")) draft.Accept(setting); else draft.Leave(setting, Reasons.OwnTemplate(setting)); break;
            case "max_steps": draft.Carry(setting, "max_steps", setting.Number is > 0 ? setting.Value : null); break;
            // Nothing written is the tool's default; so many as no run has are all of them.
            case "save_total_limit": if (setting.Value is null || setting.Number is <= 0) draft.Accept(setting); else draft.Carry(setting, "save_total_limit", setting.Number >= int.MaxValue ? null : setting.Value); break;
            case "batch_size": if (all.Any(one => one is { Name: "gradient_accumulation_steps", Value: not null })) draft.Refuse(setting); break;
            case "special_tokens": SpecialTokens(draft, setting); break;
            case "plugins": Plugins(draft, setting); break;
            case "eval_steps" or "save_steps": draft.Carry(setting, setting.Name); break;
            case "saves_per_epoch" when setting.Value is not null: draft.Leave(setting, Reasons.PerEpoch(setting)); break;
            case "eval_strategy": draft.Accept(setting); break;
            case "save_strategy": if (setting.Is("steps") || setting.Value is null) draft.Accept(setting); else draft.Leave(setting, Reasons.PerEpoch(setting)); break;
            case "optimizer": Optimizers.Read(draft, setting); break;
            case "lr_scheduler": Schedules.Read(draft, setting); break;
            case "lr_scheduler_kwargs": Schedules.ReadSettings(draft, setting); break;
            case "cosine_min_lr_ratio" when setting.Value is not null: MinimumRate(draft, setting, all); break;
            case "metric_for_best_model": if (setting.Is("eval_loss") || setting.Is("loss") || setting.Value is null) draft.Accept(setting); else draft.Leave(setting, Reasons.Unsupported(setting)); break;
            case "curriculum_sampling": draft.Carry(setting, "shuffle", setting.Is(true) ? false : setting.Is(false) ? true : setting.Value); break;
            case "train_on_inputs": draft.Carry(setting, "train_on", setting.Is(true) ? "whole_text" : "all_assistant_turns"); break;
            case "excess_length_strategy": if (setting.Is("drop") || setting.Value is null) draft.Accept(setting); else draft.Change(setting, "overlong_rows", "drop", Reasons.Replaced(setting, "drop")); break;
            case "device_map": if (setting.Is("auto")) draft.Carry(setting, "device_map"); else draft.Accept(setting); break;
            case "gradient_checkpointing": Offloadable(draft, setting, "gradient_checkpointing"); break;
            case "activation_offloading": Offloadable(draft, setting, "activation_offloading"); break;
            case "bf16" or "fp16" or "bfloat16" or "float16": break;
            default: return false;
        }

        return true;
    }

    /// <exception cref="BadInputException">Another objective than fine-tuning.</exception>
    private static void Demand(IReadOnlyList<Setting> settings)
    {
        foreach (var setting in settings.Where(setting => setting.Value is not null && !setting.Is(false)))
        {
            var objective = setting.Name switch
            {
                "rl" => setting.Text.ToUpperInvariant(),
                "reward_model" => "reward model",
                "process_reward_model" => "process reward model",
                "pretraining_dataset" => "pre-training",
                _ => null,
            };
            if (objective is not null) throw TrainerClasses.Refused(objective, setting.Name, setting.Line);
        }
    }

    // Rows of an optimizer step, in place of the accumulation.
    private static void WholeBatch(RecipeDraft draft, IReadOnlyList<Setting> settings)
    {
        if (settings.LastOrDefault(setting => setting is { Name: "batch_size", Value: not null }) is not { } whole) return;
        var (rows, micro) = (whole.Number ?? 0, Setting.NumberOf(draft["per_device_train_batch_size"]) ?? 1);
        var steps = rows >= micro && micro >= 1 ? (int)Math.Min(int.MaxValue, Math.Floor(rows / micro)) : 0;
        if (steps == 0) draft.Miss(whole, "gradient_accumulation_steps", Reasons.WrongForm(whole));
        else if (steps * micro == rows) draft.Carry(whole, "gradient_accumulation_steps", steps);
        else draft.Change(whole, "gradient_accumulation_steps", steps, Reasons.Replaced(whole, Setting.TextOf(JsonValue.Create(steps * micro))));
    }

    // Padding is not seen by the model; every other mark changes what a row is.
    private static void SpecialTokens(RecipeDraft draft, Setting setting)
    {
        foreach (var (name, value) in setting.Value as JsonObject ?? [])
        {
            var one = setting with { Name = $"special_tokens.{name}", Value = value?.DeepClone() };
            if (name == "pad_token") draft.Leave(one, Reasons.NotNeeded(one));
            else draft.Refuse(one);
        }

        if (setting.Value is not JsonObject) draft.Refuse(setting);
    }

    // Faster kernels of the same arithmetic; others may do anything.
    private static void Plugins(RecipeDraft draft, Setting setting)
    {
        var names = (setting.Value as JsonArray ?? []).Select(Setting.TextOf).ToList();
        var others = names.Where(name => !name.Contains("liger", StringComparison.OrdinalIgnoreCase) && !name.Contains("cut_cross_entropy", StringComparison.OrdinalIgnoreCase)).ToList();
        if (names.Count == 0) draft.Refuse(setting);
        else if (others.Count == 0) draft.Leave(setting, Reasons.NotNeeded(setting));
        else draft.Leave(setting, Reasons.Unsupported(setting, string.Join(", ", others)));
    }

    private static bool Methodical(RecipeDraft draft, Setting setting, IReadOnlyList<Setting> all)
    {
        switch (setting.Name)
        {
            case "adapter": Adapter(draft, setting, all); break;
            case "load_in_4bit" or "load_in_8bit": if (BitsOf(all) is not null && !Adapts(all)) draft.Refuse(setting); else draft.Accept(setting); break;
            case "peft_use_dora": draft.Accept(setting); break;
            case "lora_target_linear": if (setting.Is(true)) draft.Carry(setting, "lora.target_modules", new JsonArray([.. LoraSettings.AllProjections.Select(name => JsonValue.Create(name))])); else draft.Accept(setting); break;
            case "lora_target_modules" when all.Any(one => one.Name == "lora_target_linear" && one.Is(true)): draft.Accept(setting); break;
            case "lora_target_modules": if (setting.Value is null) draft.Accept(setting); else TargetModules.Read(draft, setting); break;
            case "bnb_config_kwargs" when setting.Value is JsonObject map: BitsAndBytes(draft, setting, map); break;
            default: return false;
        }

        return true;
    }

    private static bool Adapts(IReadOnlyList<Setting> all) => all.LastOrDefault(setting => setting.Name == "adapter") is { Value: not null };

    private static int? BitsOf(IReadOnlyList<Setting> all) =>
        all.Any(setting => setting.Name == "load_in_8bit" && setting.Is(true)) ? 8
        : all.Any(setting => setting.Name == "load_in_4bit" && setting.Is(true) || setting.Name == "adapter" && setting.Is("qlora")) ? 4 : null;

    private static void Adapter(RecipeDraft draft, Setting setting, IReadOnlyList<Setting> all)
    {
        Methods.Set(draft, Adapts(all), BitsOf(all), all.Any(one => one.Name == "peft_use_dora" && one.Is(true)));
        if (setting.Is("lora") || setting.Is("qlora") || setting.Value is null) draft.Carry(setting, "method", draft["method"]);
        else draft.Change(setting, "method", draft["method"], Reasons.Replaced(setting, Setting.TextOf(draft["method"])));
    }

    private static void BitsAndBytes(RecipeDraft draft, Setting setting, JsonObject map)
    {
        foreach (var (name, value) in map)
        {
            var one = setting with { Name = name, Value = value?.DeepClone() };
            if (name == "bnb_4bit_use_double_quant") draft.Carry(one, "double_quantization");
            else if (name == "bnb_4bit_quant_type" && !one.Is("nf4")) draft.Change(one, "quantization", draft["quantization"], Reasons.Replaced(one, "nf4"));
            else draft.Accept(one);
        }
    }

    private static void MinimumRate(RecipeDraft draft, Setting setting, IReadOnlyList<Setting> all)
    {
        if (all.FirstOrDefault(one => one.Name == "lr_scheduler") is { } schedule && !schedule.Is("cosine"))
        {
            draft.Leave(setting, Reasons.Unsupported(setting));
            return;
        }

        draft.Carry(setting, "lr_scheduler_kwargs.min_lr_rate");
        draft.Set("lr_scheduler_type", "cosine_with_min_lr");
    }

    // "offload", "disk" and "legacy" are ways of doing it.
    private static void Offloadable(RecipeDraft draft, Setting setting, string field)
    {
        if (setting.Value?.GetValueKind() != JsonValueKind.String)
        {
            draft.Carry(setting, field);
            return;
        }

        draft.Set("activation_offloading", true);
        if (setting.Is("hidden_states")) draft.Carry(setting, field, true);
        else draft.Change(setting, field, true, Reasons.Replaced(setting, "true"));
    }
}
