using R1Lab.Engine.Exchange;
using R1Lab.Engine.Training;

namespace R1Lab.Engine.Tests.Exchange;

/// <summary>What a script says in roundabout ways: by arithmetic, by options, by defaults of other libraries, and in an order that is not its sense.</summary>
public sealed class ScriptReadingTests
{
    [Theory]
    [InlineData("2 * 8", 16)]
    [InlineData("64 // (4 * 2)", 8)]
    [InlineData("-(-9 // 2)", 5)]
    [InlineData("2 ** 3 ** 1 + 1", 9)]
    [InlineData("ROWS // SIZE", 25)]
    [InlineData("100 % 7", 2)]
    public void Import_Arithmetic_IsReckoned(string written, int value)
    {
        var imported = RecipeExchange.Import($"ROWS, SIZE = 1, 1\nROWS = 50 * 4\nSIZE = 8\nargs = SFTConfig(gradient_accumulation_steps={written})");

        Assert.Equal(value, imported.Recipe.GradientAccumulationSteps);
    }

    [Theory]
    [InlineData("1 // 0")]
    [InlineData("len(rows)")]
    [InlineData("2 * size()")]
    [InlineData("4 if big else 2")]
    [InlineData("steps")]
    [InlineData("again")]
    [InlineData("item")]
    [InlineData("given")]
    public void Import_WhatOnlyRunningTells_IsNamedAndItsStandInIsNotCalledTheToolsDefault(string written)
    {
        var imported = RecipeExchange.Import($"again = 2\nagain *= 2\nitem = 3\nfor item in items:\n    pass\ngiven = 5\ndef build(given, other=1):\n    return SFTConfig(gradient_accumulation_steps={written})");

        Assert.Contains(imported.Values, value => value is { Name: "gradient_accumulation_steps", Kind: Carriage.NotCarried, Reason.Code: "exchange_computed" });
        Assert.Contains(imported.Values, value => value is { Name: "gradient_accumulation_steps", Kind: Carriage.Defaulted, Value: "1", Reason.Code: "exchange_unread" });
    }

    [Theory]
    [InlineData("p.add_argument('-l', '--learning-rate', type=float, help='of (the) run', default=3e-4)\nargs = p.parse_args()", "args.learning_rate")]
    [InlineData("@dataclass\nclass Settings:\n    lr: float = field(metadata={'help': 'rate'}, default=3e-4)", "settings.lr")]
    [InlineData("class Settings:\n    lr: float = 3e-4", "Settings.lr")]
    [InlineData("class Settings:\n    def __init__(self):\n        self.lr = 3e-4", "settings.lr")]
    public void Import_DefaultsOfOptions_AreTakenAndSaidToBeThat(string head, string written)
    {
        var imported = RecipeExchange.Import($"{head}\nconfig = TrainingArguments(learning_rate={written})");

        Assert.Equal(3e-4, imported.Recipe.LearningRate);
        Assert.Contains(imported.Values, value => value is { Name: "learning_rate", Kind: Carriage.Changed, Reason.Code: "exchange_option_default" });
    }

    [Fact]
    public void Import_TwoDefaultsOfOneOption_AreNotChosenBetween()
    {
        var imported = RecipeExchange.Import("class A:\n    lr: float = 3e-4\nclass B:\n    lr: float = 1e-3\nconfig = TrainingArguments(learning_rate=b.lr)");

        Assert.Contains(imported.Values, value => value is { Name: "learning_rate", Reason.Code: "exchange_computed" });
    }

    [Fact]
    public void Import_ModelsLoadedAfterTraining_AreNotTheOneThatIsTrained()
    {
        var imported = RecipeExchange.Import("""
            model, tokenizer = FastLanguageModel.from_pretrained("org/base", max_seq_length=3000, load_in_4bit=True)
            model = FastLanguageModel.get_peft_model(model, r=8, lora_alpha=8 * 2)
            trainer = SFTTrainer(model=model, args=SFTConfig(learning_rate=2e-4), train_dataset=dataset)
            statistics = trainer.train()
            model = AutoPeftModelForCausalLM.from_pretrained("out", load_in_8bit=True)
            model, tokenizer = FastLanguageModel.from_pretrained(model_name="out", max_seq_length=100)
            trainer = DPOTrainer(args=DPOConfig(learning_rate=1e-6))
            """);

        Assert.Equal(("org/base", 3000, 2e-4, BaseQuantization.Nf4), (imported.Recipe.Model, imported.Recipe.MaxLength, imported.Recipe.LearningRate, imported.Recipe.Quantization));
        Assert.Contains(imported.Values, value => value is { Name: "DPOConfig", Kind: Carriage.NotCarried });
    }

    [Fact]
    public void Import_SeveralModelsAndDatasets_TakesTheFirstAndNamesTheOthers()
    {
        var imported = RecipeExchange.Import("""
            model = AutoModelForCausalLM.from_pretrained("org/base")
            judge = AutoModel.from_pretrained("org/judge")
            rows = load_dataset("org/rows", split="train[:10%]")
            rows = rows.shuffle(seed=1).select(range(1000))
            more = load_dataset("org/more", "english", split="train")
            args = SFTConfig(completion_only_loss=True)
            """);

        Assert.Equal(("org/base", "org/rows"), (imported.Recipe.Model, imported.Recipe.Dataset));
        Assert.Equal(
            ["AutoModel.from_pretrained: exchange_replaced", "split: exchange_unsupported", "select: exchange_unsupported", "load_dataset: exchange_replaced", "load_dataset name: exchange_unsupported"],
            imported.Values.Where(value => value.Kind == Carriage.NotCarried).Select(value => $"{value.Name}: {value.Reason!.Code}"));
    }

    [Fact]
    public void Import_UnslothWithoutSettings_TakesUnslothsDefaults()
    {
        var imported = RecipeExchange.Import("model, t = FastLanguageModel.from_pretrained('m')\nmodel = FastLanguageModel.get_peft_model(model)\nargs = SFTConfig(bf16=is_bfloat16_supported(), fp16=not is_bfloat16_supported())");

        var recipe = imported.Recipe;
        Assert.Equal((TrainingMethod.Qlora, 2048, 16, 16.0, 7, TrainingDtype.Auto), (recipe.Method, recipe.MaxLength, recipe.Lora.R, recipe.Lora.LoraAlpha, recipe.Lora.TargetModules.Count, recipe.Dtype));
        Assert.Contains(imported.Values, value => value is { Name: "load_in_4bit", Reason.Code: "exchange_default" });
        Assert.DoesNotContain(imported.Values, value => value is { Name: "bf16" or "fp16", Kind: not Carriage.Carried });
    }

    [Theory]
    [InlineData("FastLanguageModel.from_pretrained('m', load_in_4bit=False)", TrainingMethod.Lora)]
    [InlineData("FastLanguageModel.from_pretrained('m', load_in_16bit=True)", TrainingMethod.Lora)]
    [InlineData("FastLanguageModel.from_pretrained('m', full_finetuning=False)", TrainingMethod.Qlora)]
    [InlineData("AutoModelForCausalLM.from_pretrained('m')", TrainingMethod.Lora)]
    public void Import_LoadedBits_DecideTheMethod(string load, TrainingMethod method) =>
        Assert.Equal(method, RecipeExchange.Import($"model = {load}\nmodel = get_peft_model(model, LoraConfig(r=4))").Recipe.Method);

    [Fact]
    public void Import_BitsAndBytesWithoutSettings_NamesItsDefaults()
    {
        var imported = RecipeExchange.Import("model = AutoModelForCausalLM.from_pretrained('m', quantization_config=BitsAndBytesConfig(load_in_4bit=True))\npeft_config = LoraConfig(r=8)");

        Assert.False(imported.Recipe.DoubleQuantization);
        Assert.Contains(imported.Values, value => value is { Name: "bnb_4bit_quant_type", Value: "fp4", Reason.Code: "exchange_replaced" });
    }

    [Fact]
    public void Import_UnpackedSettings_AreNamedNotTakenForAPlace()
    {
        var imported = RecipeExchange.Import("settings = read()\nargs = SFTConfig(**settings)\nlora = peft.LoraConfig(r=4, **more())");

        Assert.Equal(["SFTConfig", "LoraConfig"], imported.Values.Where(value => value.Reason?.Code == "exchange_computed").Select(value => value.Name));
        Assert.Equal((TrainingMethod.Lora, 4), (imported.Recipe.Method, imported.Recipe.Lora.R));
    }

    [Fact]
    public void Import_ValueSetTwice_TellsTheEarlierAsLost()
    {
        var imported = RecipeExchange.Import("model, t = FastLanguageModel.from_pretrained('m', max_seq_length=4000)\nargs = SFTConfig(\n    max_length=2000)");

        Assert.Equal(2000, imported.Recipe.MaxLength);
        Assert.Contains(imported.Values, value => value is { Name: "max_seq_length", Kind: Carriage.NotCarried, Reason.Code: "exchange_overridden", Line: 1 });
    }

    [Fact]
    public void Import_SettingsChangedAfterwards_Count()
    {
        var imported = RecipeExchange.Import("training_args = TrainingArguments(learning_rate=1e-3, seed=1)\ntraining_args.learning_rate = 2e-4 / 2\ntraining_args.seed = pick()\nmodel.config.seed = 9\ngeneration.max_length = 5");

        Assert.Equal((1e-4, 1L, 4096), (imported.Recipe.LearningRate, imported.Recipe.Seed, imported.Recipe.MaxLength));
        Assert.Contains(imported.Values, value => value is { Name: "learning_rate", Line: 1, Reason.Code: "exchange_overridden" });
        Assert.Contains(imported.Values, value => value is { Name: "seed", Line: 3, Reason.Code: "exchange_computed" });
        Assert.Contains(imported.Values, value => value is { Field: "seed", Value: "1", Reason.Code: "exchange_unread" });
    }

    [Fact]
    public void Import_NoLimitOfLength_IsNotTakenForTheDefault()
    {
        var imported = RecipeExchange.Import("args = SFTConfig(max_length=None)");

        Assert.Contains(imported.Values, value => value is { Field: "max_length", Value: "1024", Reason.Code: "exchange_unread" });
    }

    [Theory]
    [InlineData("SFTTrainer(model=model)", true)]
    [InlineData("SFTTrainer(model=model, args=SFTConfig(assistant_only_loss=True))", false)]
    [InlineData("train_on_responses_only(SFTTrainer(model=model), response_part='a')", false)]
    [InlineData("SFTTrainer(model=model, data_collator=DataCollatorForCompletionOnlyLM('### A:', tokenizer=t))", false)]
    public void Import_PromptsThatAreLearnedThere_AreTold(string call, bool told)
    {
        var imported = RecipeExchange.Import($"model = AutoModelForCausalLM.from_pretrained('m')\ntrainer = {call}");

        Assert.Equal(told, imported.Values.Any(value => value.Reason?.Code == "exchange_prompt_learned"));
        Assert.DoesNotContain(imported.Values, value => value.Reason?.Code == "exchange_unknown");
    }

    [Theory]
    [InlineData("test_size=0.2, seed=1", 0.2)]
    [InlineData("train_size=0.9", 0.1)]
    [InlineData("0.05", 0.05)]
    public void Import_Splits_HoldOutTheRest(string arguments, double share) =>
        Assert.Equal(share, RecipeExchange.Import($"rows = rows.train_test_split({arguments})\nargs = SFTConfig()").Recipe.ValSize);

    [Fact]
    public void Import_Notebook_ReadsItsCodeCells()
    {
        const string notebook = """
            {"cells": [
              {"cell_type": "markdown", "source": ["It's SFTConfig(learning_rate=1)"]},
              {"cell_type": "code", "source": ["%%capture\n", "!pip install it's \\\n  (more\n", "args = SFTConfig(\n", "    learning_rate=3e-5)\n"], "outputs": []},
              {"cell_type": "code", "source": "%%bash\necho )"},
              {"cell_type": "code", "source": "peft_config = LoraConfig(r=4)"}
            ], "nbformat": 4}
            """;

        var recipe = RecipeExchange.Import(notebook).Recipe;

        Assert.Equal((3e-5, 4), (recipe.LearningRate, recipe.Lora.R));
    }

    [Fact]
    public void Import_PythonWithoutTraining_SaysSo() =>
        Assert.Contains("this is Python", Assert.Throws<BadInputException>(() => RecipeExchange.Import("import os\n\nprint(os.name)")).Message, StringComparison.Ordinal);
}
