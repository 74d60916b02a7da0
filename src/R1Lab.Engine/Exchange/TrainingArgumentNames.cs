using System.Text.Json;
using System.Text.Json.Nodes;
using R1Lab.Engine.Training;

namespace R1Lab.Engine.Exchange;

/// <summary>The names of transformers' <c>TrainingArguments</c> (4.x and 5.x), which LLaMA-Factory and TRL build upon.</summary>
internal static class TrainingArgumentNames
{
    /// <summary>Names of what the lab does by itself, or has no use for.</summary>
    private static readonly HashSet<string> NotNeeded = new(StringComparer.Ordinal)
    {
        "output_dir", "logging_dir", "overwrite_output_dir", "do_train", "do_eval", "do_predict", "report_to", "dataloader_num_workers", "dataloader_pin_memory", "dataloader_prefetch_factor", "dataloader_persistent_workers",
        "ddp_timeout", "ddp_find_unused_parameters", "local_rank", "save_only_model", "save_safetensors", "logging_strategy", "logging_first_step", "logging_nan_inf_filter",
        "remove_unused_columns", "push_to_hub", "hub_model_id", "hub_token", "hub_strategy", "disable_tqdm", "log_level", "use_cpu", "no_cuda",
        "gradient_checkpointing_kwargs", "tf32", "include_num_input_tokens_seen", "include_tokens_per_second", "eval_on_start", "eval_accumulation_steps", "prediction_loss_only",
        "label_names", "torch_empty_cache_steps", "use_liger_kernel", "full_determinism", "average_tokens_across_devices", "auto_find_batch_size",
    };

    /// <summary>What transformers takes for settings that are absent. How many rows are evaluated at once changes no result, so the lab's own number stays.</summary>
    public static TrainingRecipe Defaults { get; } = TrainingRecipe.Initial with { LearningRate = 5e-5, PerDeviceTrainBatchSize = 8, LoggingSteps = 500, SaveSteps = 500, SaveTotalLimit = null };

    /// <summary>Whether a name is that of a setting which decides the training.</summary>
    public static bool Counts(string name, ToolSchemas tools) =>
        tools.Transformers.Has(name) || name is "warmup_steps" or "logging_steps" or "save_steps" or "eval_steps" or "max_steps" or "optim" or "lr_scheduler_type" or "lr_scheduler_kwargs" or "eval_strategy" or "bf16" or "fp16" or "max_length" or "max_seq_length" or "packing";

    /// <summary>Takes a setting if it is one of these.</summary>
    public static bool Read(RecipeDraft draft, Setting setting)
    {
        if (draft.Tools.Transformers.TryFind(setting.Name, out var field)) draft.Carry(setting, field);
        else if (NotNeeded.Contains(setting.Name)) draft.Leave(setting, Reasons.NotNeeded(setting));
        else return Special(draft, setting);
        return true;
    }

    /// <summary>Takes the settings that count together: precision and evaluation.</summary>
    /// <param name="evaluates">Whether the text says which rows to evaluate on.</param>
    /// <param name="bfloat16">Whether the tool computes in bfloat16 where neither switch says otherwise.</param>
    public static void Conclude(RecipeDraft draft, IReadOnlyList<Setting> settings, bool evaluates, bool bfloat16 = false)
    {
        Precision.Read(draft, settings, bfloat16);
        if (settings.LastOrDefault(setting => setting.Name == "save_strategy") is { } saves && !saves.Is("steps")) draft.Default("save_steps", null);
        var strategy = settings.LastOrDefault(setting => setting.Name is "eval_strategy" or "evaluation_strategy");
        if (strategy is null || strategy.Is("no")) return;
        if (strategy.Is("epoch")) draft.Set("eval_steps", null);
        // Without a number transformers evaluates as often as it logs.
        else if (!draft.Has("eval_steps")) draft.Assume("eval_steps", draft["logging_steps"]!.DeepClone());
        if (!evaluates && !draft.Has("val_size")) draft.Imply("val_size", 0.1, Reasons.SplitAssumed());
    }

    private static bool Special(RecipeDraft draft, Setting setting)
    {
        switch (setting.Name)
        {
            case "warmup_steps": Warmup(draft, setting); break;
            case "logging_steps" or "save_steps" or "eval_steps": draft.Carry(setting, setting.Name); break;
            // Here a run begins with the base, and the order of the rows follows from the one seed.
            case "resume_from_checkpoint" or "data_seed": draft.Refuse(setting); break;
            case "dataloader_drop_last": draft.Carry(setting, "epoch_end", setting.Is(true) ? "drop_last" : setting.Is(false) ? "short_step" : setting.Value); break;
            case "max_steps": draft.Carry(setting, "max_steps", setting.Number is > 0 ? setting.Value : null); break;
            case "optim": Optimizers.Read(draft, setting); break;
            case "lr_scheduler_type": Schedules.Read(draft, setting); break;
            case "lr_scheduler_kwargs": Schedules.ReadSettings(draft, setting); break;
            case "save_strategy": SaveStrategy(draft, setting); break;
            case "eval_strategy" or "evaluation_strategy": EvaluationStrategy(draft, setting); break;
            case "metric_for_best_model": BestMetric(draft, setting); break;
            case "greater_is_better": draft.Accept(setting); break;
            case "train_sampling_strategy": Sampling(draft, setting); break;
            case "bf16" or "fp16": break;
            default: return false;
        }

        return true;
    }

    // Since 5.0 a number below 1 is a share of the run.
    private static void Warmup(RecipeDraft draft, Setting setting)
    {
        if (setting.Number is > 0 and < 1) draft.Carry(setting, "warmup_ratio");
        else draft.Carry(setting, "warmup_steps");
    }

    private static void SaveStrategy(RecipeDraft draft, Setting setting)
    {
        if (setting.Is("steps")) draft.Accept(setting);
        else draft.Leave(setting, Reasons.PerEpoch(setting));
    }

    private static void EvaluationStrategy(RecipeDraft draft, Setting setting)
    {
        if (setting.Is("no") || setting.Is("steps") || setting.Is("epoch")) draft.Accept(setting);
        else draft.Leave(setting, Reasons.WrongForm(setting));
    }

    private static void BestMetric(RecipeDraft draft, Setting setting)
    {
        if (setting.Is("eval_loss") || setting.Is("loss")) draft.Carry(setting, "metric_for_best_model", "eval_loss");
        else if (setting.Is("eval_mean_token_accuracy") || setting.Is("eval_accuracy")) draft.Carry(setting, "metric_for_best_model", "eval_token_accuracy");
        else draft.Leave(setting, Reasons.Unsupported(setting));
    }

    private static void Sampling(RecipeDraft draft, Setting setting)
    {
        if (setting.Is("group_by_length")) draft.Carry(setting, "group_by_length", true);
        else if (setting.Is("sequential")) draft.Carry(setting, "shuffle", false);
        else if (setting.Is("random")) draft.Accept(setting);
        else draft.Leave(setting, Reasons.Unsupported(setting));
    }
}
