using System.Text.Json;
using System.Text.Json.Nodes;
using R1Lab.Engine.Training;

namespace R1Lab.Engine.Exchange;

/// <summary>What the arguments of TRL's, PEFT's and transformers' calls mean here.</summary>
internal static class PythonCalls
{
    /// <summary>Names people give to values before they use them, or to values the script only has in mind.</summary>
    private static readonly Dictionary<string, string> AssignedNames = new(StringComparer.Ordinal)
    {
        ["model_name"] = "model",
        ["model_id"] = "model",
        ["model_path"] = "model",
        ["base_model"] = "model",
        ["model_name_or_path"] = "model",
        ["dataset_name"] = "dataset",
        ["dataset_path"] = "dataset",
        ["data_path"] = "dataset",
        ["lora_r"] = "lora.r",
        ["lora_rank"] = "lora.r",
        ["lora_alpha"] = "lora.lora_alpha",
        ["lora_dropout"] = "lora.lora_dropout",
        ["max_seq_length"] = "max_length",
        ["max_length"] = "max_length",
        ["freeze_layers"] = "freeze_layers",
    };

    /// <summary>How a model is loaded and where it is kept; what is learned does not change with it.</summary>
    private static readonly HashSet<string> LoadingNames = new(StringComparer.Ordinal)
    {
        "torch_dtype", "dtype", "device_map", "attn_implementation", "trust_remote_code", "low_cpu_mem_usage", "use_cache", "token", "use_auth_token", "hf_token", "cache_dir", "local_files_only", "force_download", "use_safetensors",
        "offload_folder", "offload_state_dict", "max_memory", "use_flash_attention_2", "load_in_16bit", "full_finetuning", "fast_inference", "gpu_memory_utilization", "max_lora_rank", "float8_kv_cache", "random_state", "use_exact_model_name",
        "fix_tokenizer", "disable_log_stats", "unsloth_force_compile", "return_logits", "fullgraph", "is_trainable", "proxies", "resume_download", "ignore_mismatched_sizes",
    };

    /// <summary>Loads a model as Unsloth does, in 4 bits where nothing else is said.</summary>
    public static bool IsUnsloth(Setting setting) => setting.Owner!.StartsWith("Fast", StringComparison.Ordinal) && setting.Owner.EndsWith("from_pretrained", StringComparison.Ordinal);

    public static bool IsArguments(string owner) =>
        owner.EndsWith("TrainingArguments", StringComparison.Ordinal) || owner is "SFTConfig" || owner.EndsWith("Config", StringComparison.Ordinal) && TrainerClasses.ObjectiveOf(owner) is not null;

    private static bool IsParser(string owner) => owner is "TrlParser" or "HfArgumentParser";

    /// <summary>The method, from the calls that are there.</summary>
    public static void Method(RecipeDraft draft, IReadOnlyList<Setting> settings)
    {
        var adapts = settings.Any(setting => setting.Owner is "LoraConfig" or "PeftModel.from_pretrained" || setting.Owner!.EndsWith("get_peft_model", StringComparison.Ordinal));
        int? bits = settings.Any(setting => setting.Name == "load_in_4bit" && setting.Is(true)) ? 4 : settings.Any(setting => setting.Name == "load_in_8bit" && setting.Is(true)) ? 8 : null;
        if (bits is null && settings.FirstOrDefault(IsUnsloth) is { } loading && !settings.Any(setting => setting.Name is "load_in_4bit" or "load_in_16bit" or "full_finetuning" && (setting.Computed is not null || setting.Value is not null && !(setting.Name != "load_in_4bit" && setting.Is(false)))))
        {
            bits = 4;
            draft.Note("load_in_4bit", "true", Reasons.Default("Unsloth", "load_in_4bit", "true"));
        }

        Methods.Set(draft, adapts, bits, settings.Any(setting => setting.Name == "use_dora" && setting.Is(true)));
        // The default of BitsAndBytesConfig.
        var unnamed = new Setting("bnb_4bit_quant_type", "fp4", 0);
        if (adapts && bits == 4 && settings.Any(setting => setting.Owner == "BitsAndBytesConfig") && !settings.Any(setting => setting.Name == unnamed.Name)) draft.Note(unnamed.Name, unnamed.Text, Reasons.Replaced(unnamed, "nf4"));
    }

    /// <summary>Says that prompts are learned there, where nothing in the script masks them.</summary>
    public static void Masking(RecipeDraft draft, IReadOnlyList<Setting> settings)
    {
        var trains = settings.Any(setting => setting.Owner is "SFTTrainer" or "SFTConfig" or "UnslothTrainer");
        var masks = settings.Any(setting => setting.Owner is "train_on_responses_only" or "DataCollatorForCompletionOnlyLM" || setting.Name is "completion_only_loss" or "assistant_only_loss" && setting.Value is not null);
        if (trains && !masks) draft.Note("completion_only_loss", "null", Reasons.PromptLearned());
    }

    public static void Read(RecipeDraft draft, Setting setting)
    {
        var owner = setting.Owner!;
        if (setting.Name == PythonSettings.CallMark)
        {
            if (owner.EndsWith("gradient_checkpointing_enable", StringComparison.Ordinal)) draft.Carry(setting with { Name = owner }, "gradient_checkpointing", true);
            else if (IsArguments(owner) && setting.AfterTraining) draft.Leave(setting with { Name = owner }, Reasons.Unsupported(setting with { Name = owner }, "a second training"));
            else if (IsParser(owner)) draft.Note(owner, "", Reasons.CommandLine(owner));
            return;
        }

        if (setting.Name == PythonSettings.SecondMark)
        {
            draft.Leave(setting with { Name = owner }, Reasons.Second(setting with { Name = owner }));
            return;
        }

        if (setting.Name == PythonSettings.ClassMark || IsParser(owner)) return;
        if (setting.Name == PythonSettings.UnpackMark) Unpacked(draft, setting, owner);
        else if (owner == "select" || owner.EndsWith(".select", StringComparison.Ordinal)) Selected(draft, setting, owner);
        else if (owner == "=") Assigned(draft, setting);
        else if (IsArguments(owner)) Arguments(draft, setting);
        else if (owner == "LoraConfig") Lora(draft, setting);
        else if (owner.EndsWith("get_peft_model", StringComparison.Ordinal)) Named(draft, setting, Lora);
        else if (owner == "BitsAndBytesConfig") Quantization(draft, setting);
        else if (owner.EndsWith("from_pretrained", StringComparison.Ordinal)) Loaded(draft, setting, owner);
        else if (owner is "SFTTrainer" && setting.Name is "0" or "model" && setting.Value?.GetValueKind() == JsonValueKind.String) Model(draft, setting with { Name = "0" }, owner);
        else if (owner.EndsWith("load_dataset", StringComparison.Ordinal)) Dataset(draft, setting);
        else if (owner.EndsWith("train_test_split", StringComparison.Ordinal)) Split(draft, setting);
        else if (owner.EndsWith("EarlyStoppingCallback", StringComparison.Ordinal)) Stopping(draft, setting);
        else if (owner.EndsWith("create_loraplus_optimizer", StringComparison.Ordinal)) Known(draft, setting, "loraplus_lr_ratio", "lora.loraplus_lr_ratio");
        else if (owner.EndsWith("tokenizer", StringComparison.Ordinal)) Known(draft, setting, "max_length", "max_length");
        else if (setting.Computed is null && owner is not ("train_on_responses_only" or "DataCollatorForCompletionOnlyLM") && !owner.EndsWith("gradient_checkpointing_enable", StringComparison.Ordinal)) Named(draft, setting, Arguments);
    }

    // Settings made elsewhere cannot be followed; those of a trainer or a tokenizer's call are objects and texts.
    private static void Unpacked(RecipeDraft draft, Setting setting, string owner)
    {
        if (IsArguments(owner) || owner is "LoraConfig" or "BitsAndBytesConfig" || owner.EndsWith("get_peft_model", StringComparison.Ordinal) || owner.EndsWith("from_pretrained", StringComparison.Ordinal))
            draft.Leave(setting with { Name = owner }, Reasons.Computed(setting with { Name = owner }));
    }

    // Objects that are handed on are no settings.
    private static void Named(RecipeDraft draft, Setting setting, Action<RecipeDraft, Setting> read)
    {
        if (!char.IsAsciiDigit(setting.Name[0]) && setting.Name is not ("model" or "args" or "peft_config" or "tokenizer" or "processing_class" or "train_dataset" or "eval_dataset")) read(draft, setting);
    }

    private static void Known(RecipeDraft draft, Setting setting, string name, string field)
    {
        if (setting.Name == name) draft.Carry(setting, field);
    }

    private static void Assigned(RecipeDraft draft, Setting setting)
    {
        if (AssignedNames.TryGetValue(setting.Name.ToLowerInvariant(), out var field))
        {
            if (!draft.Has(field)) draft.Carry(setting, field);
        }
        else if (draft.Tools.Transformers.Has(setting.Name))
        {
            TrainingArgumentNames.Read(draft, setting);
        }
        else if (setting.Value is JsonValue && setting.Text.Length <= 100 && !setting.Text.Contains('\n', StringComparison.Ordinal))
        {
            // Lists, maps and long texts that nothing here uses are data and prompts.
            draft.Wonder(setting);
        }
    }

    /// <summary>A setting of SFTConfig or TrainingArguments.</summary>
    public static void Arguments(RecipeDraft draft, Setting setting)
    {
        switch (setting.Name)
        {
            case "0" or "dataset_num_proc" or "eval_packing" or "shuffle_dataset" or "padding_free" or "pad_to_multiple_of" or "pad_token" or "trackio_space_id" or "random_state" or "max_prompt_length":
                draft.Leave(setting, Reasons.NotNeeded(setting));
                break;
            // Columns are those of the lab's formats; an answer ends with the tokenizer's own token.
            case "dataset_text_field" or "eos_token" or "dataset_kwargs": draft.Refuse(setting); break;
            case "model_init_kwargs": Loading(draft, setting); break;
            case "chat_template_path": if (setting.Value is null && setting.Computed is null) draft.Accept(setting); else draft.Leave(setting, Reasons.OwnTemplate(setting)); break;
            case "packing_strategy" when setting.Is("wrapped"): draft.Leave(setting, Reasons.CrossAttention()); break;
            case "packing_strategy" or "completion_only_loss" when !setting.Is(false): draft.Accept(setting); break;
            case "completion_only_loss": draft.Carry(setting, "train_on", "whole_text"); break;
            case "assistant_only_loss": draft.Accept(setting); break;
            case "truncation_mode": draft.Leave(setting, Reasons.NotNeeded(setting)); break;
            // No limit there; here there is always one.
            case "max_length" or "max_seq_length" when setting.Value is null && setting.Computed is null: draft.Miss(setting, "max_length", Reasons.WrongForm(setting)); break;
            case "max_seq_length": draft.Carry(setting, "max_length"); break;
            case "loss_type": if (setting.Value is null || setting.Is("nll")) draft.Accept(setting); else draft.Refuse(setting); break;
            default:
                if (draft.Tools.Trl.TryFind(setting.Name, out var field)) draft.Carry(setting, field);
                else if (!TrainingArgumentNames.Read(draft, setting)) draft.Wonder(setting);
                break;
        }
    }

    private static void Lora(RecipeDraft draft, Setting setting)
    {
        switch (setting.Name)
        {
            case "target_modules" when setting.Computed is not null: draft.Miss(setting, "lora.target_modules", Reasons.Computed(setting)); break;
            case "target_modules": if (setting.Value is null) draft.Accept(setting); else TargetModules.Read(draft, setting); break;
            case "use_dora" or "inference_mode" or "base_model_name_or_path": draft.Accept(setting); break;
            case "bias": if (setting.Is("none")) draft.Accept(setting); else draft.Refuse(setting); break;
            case "task_type": if (setting.Text.EndsWith("CAUSAL_LM", StringComparison.Ordinal)) draft.Accept(setting); else draft.Refuse(setting); break;
            case "init_lora_weights": if (setting.Is(true) || setting.Value is null) draft.Accept(setting); else draft.Refuse(setting); break;
            case "random_state": draft.Leave(setting, Reasons.NotNeeded(setting)); break;
            case "use_gradient_checkpointing" when setting.Computed is null: draft.Carry(setting, "gradient_checkpointing", setting.Is(false) ? false : true); break;
            case "modules_to_save" or "layers_to_transform" or "layers_pattern" or "exclude_modules" or "fan_in_fan_out" or "lora_bias" or "layer_replication" or "megatron_config": draft.Refuse(setting); break;
            default: if (draft.Tools.Peft.TryFind(setting.Name, out var field)) draft.Carry(setting, field); else draft.Wonder(setting); break;
        }
    }

    /// <summary>A setting of BitsAndBytesConfig.</summary>
    public static void Quantization(RecipeDraft draft, Setting setting)
    {
        switch (setting.Name)
        {
            case "load_in_4bit" or "load_in_8bit" when setting.Is(true) && Setting.TextOf(draft["method"]) != "qlora": draft.Refuse(setting); break;
            case "load_in_4bit" or "load_in_8bit" when setting.Is(true): draft.Carry(setting, "quantization", draft["quantization"]); break;
            case "load_in_4bit" or "load_in_8bit" when setting.Computed is not null: draft.Miss(setting, "method", Reasons.Computed(setting)); break;
            case "load_in_4bit" or "load_in_8bit": draft.Accept(setting); break;
            case "bnb_4bit_use_double_quant": draft.Carry(setting, "double_quantization"); break;
            case "bnb_4bit_quant_type" when !setting.Is("nf4"): draft.Change(setting, "quantization", draft["quantization"], Reasons.Replaced(setting, "nf4")); break;
            case "bnb_4bit_quant_type": draft.Accept(setting); break;
            case "bnb_4bit_compute_dtype" or "bnb_4bit_quant_storage": draft.Leave(setting, Reasons.NotNeeded(setting)); break;
            default: draft.Refuse(setting); break;
        }
    }

    private static void Loaded(RecipeDraft draft, Setting setting, string owner)
    {
        if (owner.Contains("Tokenizer", StringComparison.Ordinal) || owner.Contains("Processor", StringComparison.Ordinal) || owner.Contains("Config", StringComparison.Ordinal))
        {
            if (setting.Name is "0") draft.Leave(setting with { Name = owner }, Reasons.NotNeeded(setting with { Name = owner }));
            else if (setting.Name is "add_eos_token" or "add_bos_token" or "eos_token" or "bos_token" or "additional_special_tokens" or "legacy" or "model_max_length" or "truncation_side" or "revision" or "subfolder") draft.Refuse(setting);
        }
        else if (owner.StartsWith("Peft", StringComparison.Ordinal))
        {
            if (setting.Name is "1" or "model_id") draft.Carry(setting with { Name = owner }, "lora.init_from");
        }
        else
        {
            Model(draft, setting, owner);
        }
    }

    private static void Model(RecipeDraft draft, Setting setting, string owner)
    {
        switch (setting.Name)
        {
            // Behind the model that is trained come the parts of others: of a judge, of a voice.
            case "0" or "pretrained_model_name_or_path" or "model_name" when setting.Value is not null && draft.SourceOf("model")?.EndsWith("from_pretrained", StringComparison.Ordinal) == true:
                if (setting.Text != Setting.TextOf(draft["model"])) draft.Leave(setting with { Name = owner }, Reasons.Replaced(setting with { Name = owner }, Setting.TextOf(draft["model"])));
                break;
            case "0" or "pretrained_model_name_or_path" or "model_name": draft.Carry(setting with { Name = owner }, "model"); break;
            case "device_map" when setting.Is("auto"): draft.Carry(setting, "device_map"); break;
            case "load_in_4bit" or "load_in_8bit": Quantization(draft, setting); break;
            case "max_seq_length": draft.Carry(setting, "max_length"); break;
            case "use_gradient_checkpointing": Lora(draft, setting); break;
            case "load_in_fp8" or "revision" or "adapter_name" or "layers_to_transform": draft.Refuse(setting); break;
            case "quantization_config": if (setting.Computed is null) draft.Refuse(setting); break;
            case var name when LoadingNames.Contains(name) || char.IsAsciiDigit(name[0]): draft.Leave(setting, Reasons.NotNeeded(setting)); break;
            default: draft.Wonder(setting); break;
        }
    }

    // The arguments of from_pretrained in one map.
    private static void Loading(RecipeDraft draft, Setting setting)
    {
        if (setting.Value is null && setting.Computed is null) draft.Accept(setting);
        else if (setting.Value is not JsonObject map) draft.Leave(setting, Reasons.Computed(setting));
        else if (map.Select(pair => pair.Key).FirstOrDefault(name => !LoadingNames.Contains(name)) is { } name) draft.Leave(setting, Reasons.Unsupported(setting, name));
        else draft.Leave(setting, Reasons.NotNeeded(setting));
    }

    private static void Dataset(RecipeDraft draft, Setting setting)
    {
        switch (setting.Name)
        {
            case "0" or "path" when setting.Is("json") || setting.Is("csv") || setting.Is("parquet") || setting.Is("text"): break;
            // Rows for evaluation and a second dataset in a mixture are not what is trained.
            case "0" or "path" or "data_files" when setting.Value is not null && draft.SourceOf("dataset") == "load_dataset": draft.Leave(setting with { Name = "load_dataset" }, Reasons.Replaced(setting with { Name = "load_dataset" }, Setting.TextOf(draft["dataset"]))); break;
            case "0" or "path" or "data_files": draft.Carry(setting with { Name = "load_dataset" }, "dataset"); break;
            case "split": if (setting.Is("train")) draft.Accept(setting); else draft.Refuse(setting); break;
            case "1" or "name" when setting.Value is not null || setting.Computed is not null: draft.Refuse(setting with { Name = "load_dataset name" }); break;
            default: break;
        }
    }

    // rows.select(range(1000)): a part of the dataset.
    private static void Selected(RecipeDraft draft, Setting setting, string owner)
    {
        if (setting.Computed?.StartsWith("range(", StringComparison.Ordinal) == true) draft.Refuse(setting with { Name = owner });
    }

    private static void Split(RecipeDraft draft, Setting setting)
    {
        switch (setting.Name)
        {
            case "test_size" or "0": draft.Carry(setting with { Name = "test_size" }, "val_size"); break;
            case "train_size" when setting.Number is > 0 and < 1: draft.Carry(setting, "val_size", 1 - (decimal)setting.Number.Value); break;
            case "train_size": draft.Miss(setting, "val_size", setting.Computed is null ? Reasons.Unsupported(setting) : Reasons.Computed(setting)); break;
            // The rows that are held out are drawn by the recipe's seed.
            case "seed" or "random_state": draft.Leave(setting, Reasons.Unsupported(setting)); break;
            case "shuffle": draft.Leave(setting, setting.Is(false) ? Reasons.Unsupported(setting) : Reasons.NotNeeded(setting)); break;
            default: break;
        }
    }

    private static void Stopping(RecipeDraft draft, Setting setting)
    {
        if (setting.Name is "early_stopping_patience" or "0") draft.Carry(setting with { Name = "early_stopping_patience" }, "early_stopping_patience");
        else if (setting.Name is "early_stopping_threshold" or "1") draft.Carry(setting with { Name = "early_stopping_threshold" }, "early_stopping_threshold");
        else draft.Wonder(setting);
    }
}
