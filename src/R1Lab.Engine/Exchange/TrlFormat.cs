using System.Text.Json.Nodes;
using R1Lab.Engine.Adapters;
using R1Lab.Engine.Training;

namespace R1Lab.Engine.Exchange;

/// <summary>Python scripts of TRL, PEFT and transformers: the settings in their calls.</summary>
internal sealed class TrlFormat(ToolSchemas tools) : IRecipeFormat
{
    private static readonly string[] Calls = ["TrainingArguments(", "SFTConfig(", "LoraConfig(", "SFTTrainer(", "get_peft_model(", "BitsAndBytesConfig(", "from_pretrained("];

    public RecipeFormat Format => RecipeFormat.Trl;

    public string Tool => "TRL";

    public IReadOnlyDictionary<string, string> Names { get; } = tools.Trl.Names.Concat(tools.Peft.Names).Concat(new Dictionary<string, string>
    {
        ["model"] = "from_pretrained",
        ["dataset"] = "load_dataset",
        ["method"] = "peft_config",
        ["val_size"] = "test_size",
        ["quantization"] = "load_in_4bit",
        ["double_quantization"] = "bnb_4bit_use_double_quant",
        ["lora.target_modules"] = "target_modules",
        ["lora.use_dora"] = "use_dora",
        ["lora.loraplus_lr_ratio"] = "loraplus_lr_ratio",
        ["lora.init_from"] = "PeftModel.from_pretrained",
        ["warmup_steps"] = "warmup_steps",
        ["logging_steps"] = "logging_steps",
        ["save_steps"] = "save_steps",
        ["eval_steps"] = "eval_steps",
        ["max_steps"] = "max_steps",
        ["optim"] = "optim",
        ["lr_scheduler_type"] = "lr_scheduler_type",
        ["dtype"] = "bf16",
        ["epoch_end"] = "dataloader_drop_last",
        ["metric_for_best_model"] = "metric_for_best_model",
        ["device_map"] = "device_map",
        ["early_stopping_patience"] = "early_stopping_patience",
        ["early_stopping_threshold"] = "early_stopping_threshold",
        ["freeze_layers"] = "freeze_layers",
        ["shuffle"] = "train_sampling_strategy",
    }).ToDictionary();

    /// <summary>Whether the text is a script with calls that matter, and not settings that name them in a comment.</summary>
    public static bool IsPython(string text)
    {
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            var code = line.IndexOf('#') is >= 0 and var comment ? line[..comment] : line;
            foreach (var call in Calls)
            {
                if (code.Contains(call, StringComparison.Ordinal)) return true;
            }

            if (NamesObjective(code)) return true;
        }

        return false;
    }

    // from trl import DPOConfig, or DPOTrainer(…)
    private static bool NamesObjective(ReadOnlySpan<char> code)
    {
        if (!code.Contains("import ", StringComparison.Ordinal) && !code.Contains('(')) return false;
        foreach (var word in code.SplitAny(" ,()=.:[]\t"))
        {
            if ((code[word].EndsWith("Trainer") || code[word].EndsWith("Config")) && TrainerClasses.ObjectiveOf(code[word].ToString()) is not null) return true;
        }

        return false;
    }

    /// <summary>Whether the text is a script of another kind: a line imports or defines something.</summary>
    public static bool IsOtherPython(string text)
    {
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            if (line.StartsWith("import ") || line.StartsWith("def ") || line.StartsWith("from ") && line.Contains(" import ", StringComparison.Ordinal)) return true;
        }

        return false;
    }

    public int Score(IReadOnlyList<Setting> settings) => settings.Count(setting => setting.Owner is not null);

    public ImportedRecipe Read(IReadOnlyList<Setting> settings, ImportBudget budget)
    {
        settings = Training(settings);
        TrainerClasses.Demand(settings);
        settings = ChosenCalls.Of(settings);
        var sft = HasSftDefaults(settings);
        var draft = new RecipeDraft(sft ? Tool : "transformers", DefaultsOf(settings, sft), budget, tools);
        PythonCalls.Method(draft, settings);
        foreach (var setting in settings) PythonCalls.Read(draft, setting);
        TrainingArgumentNames.Conclude(draft, [.. settings.Where(setting => PythonCalls.IsArguments(setting.Owner!) || setting.Owner == "=")], settings.Any(setting => setting.Owner!.EndsWith("train_test_split", StringComparison.Ordinal)), bfloat16: sft);
        PythonCalls.Masking(draft, settings);
        return draft.Finish(Format, Names);
    }

    public string Write(TrainingRecipe recipe) => TrlScript.Of(recipe, tools);

    // Behind the training the result is loaded, tried and converted, or trained on: only that there is a second training is told.
    private static IReadOnlyList<Setting> Training(IReadOnlyList<Setting> settings)
    {
        if (!settings.Any(setting => !setting.AfterTraining && setting.Name != PythonSettings.ClassMark && PythonCalls.IsArguments(setting.Owner!))) return settings;
        return [.. settings.Where(setting => !setting.AfterTraining || setting.Name == PythonSettings.CallMark && PythonCalls.IsArguments(setting.Owner!))];
    }

    // By the class of the arguments; a trainer of TRL that is given none makes an SFTConfig.
    private static bool HasSftDefaults(IReadOnlyList<Setting> settings)
    {
        var arguments = settings.Where(setting => setting.Name == PythonSettings.CallMark && PythonCalls.IsArguments(setting.Owner!)).ToList();
        if (arguments.Count > 0) return TrainerClasses.IsSftConfig(arguments[0].Owner!);
        var classes = settings.Where(setting => setting.Name == PythonSettings.ClassMark).Select(setting => setting.Owner!).ToList();
        return classes.Exists(TrainerClasses.IsSftConfig) || classes.Contains("SFTTrainer") && !classes.Exists(name => name.EndsWith("TrainingArguments", StringComparison.Ordinal));
    }

    // SFTConfig has defaults of its own; PEFT puts an adapter on the query and value projections of Llama and Qwen where no module is named.
    private static TrainingRecipe DefaultsOf(IReadOnlyList<Setting> settings, bool config)
    {
        var unsloth = settings.Any(setting => setting.Owner!.StartsWith("Fast", StringComparison.Ordinal) && setting.Owner.EndsWith("get_peft_model", StringComparison.Ordinal));
        return TrainingArgumentNames.Defaults with
        {
            LearningRate = config ? 2e-5 : 5e-5,
            LoggingSteps = config ? 10 : 500,
            Dtype = config ? TrainingDtype.Bfloat16 : TrainingDtype.Auto,
            MaxLength = settings.Any(PythonCalls.IsUnsloth) ? 2048 : config || settings.Any(setting => setting.Owner == "SFTTrainer") ? 1024 : 4096,
            GradientCheckpointing = config || unsloth,
            DoubleQuantization = !settings.Any(setting => setting.Owner == "BitsAndBytesConfig"),
            Lora = unsloth ? new LoraSettings { R = 16, LoraAlpha = 16 } : new LoraSettings { R = 8, LoraAlpha = 8, TargetModules = ["q_proj", "v_proj"] },
        };
    }
}
