using R1Lab.Engine.Adapters;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Exchange;
using R1Lab.Engine.Training;

namespace R1Lab.Engine.Tests.Exchange;

/// <summary>Settings as the other tools' own examples and the tutorial write them.</summary>
public sealed class PublishedConfigsTests
{
    // The shape of LLaMA-Factory's examples/train_lora/qwen3_lora_sft.yaml.
    private const string LlamaFactory = """
        ### model
        model_name_or_path: Qwen/Qwen3-4B-Instruct-2507
        trust_remote_code: true

        ### method
        stage: sft
        do_train: true
        finetuning_type: lora
        lora_rank: 8
        lora_target: all

        ### dataset
        dataset: identity,alpaca_en_demo
        template: qwen3_nothink
        cutoff_len: 2048
        max_samples: 1000
        preprocessing_num_workers: 16

        ### output
        output_dir: saves/qwen3-4b/lora/sft
        logging_steps: 10
        save_steps: 500
        plot_loss: true
        report_to: none  # choices: [none, wandb, tensorboard, swanlab, mlflow]

        ### train
        per_device_train_batch_size: 1
        gradient_accumulation_steps: 8
        learning_rate: 1.0e-4
        num_train_epochs: 3.0
        lr_scheduler_type: cosine
        warmup_ratio: 0.1
        bf16: true
        resume_from_checkpoint: null
        """;

    // The shape of Axolotl's examples/llama-3/lora-8b.yml.
    private const string Axolotl = """
        base_model: NousResearch/Meta-Llama-3-8B
        model_type: LlamaForCausalLM

        load_in_8bit: true
        load_in_4bit: false

        datasets:
          - path: mhenrichsen/alpaca_2k_test
            type: alpaca
        dataset_prepared_path:
        val_set_size: 0.05
        output_dir: ./outputs/lora-out

        sequence_len: 4096
        sample_packing: true

        adapter: lora
        lora_model_dir:
        lora_r: 32
        lora_alpha: 16
        lora_dropout: 0.05
        lora_target_linear: true
        lora_modules_to_save:
          - embed_tokens
          - lm_head

        wandb_project:

        gradient_accumulation_steps: 4
        micro_batch_size: 2
        num_epochs: 4
        optimizer: paged_adamw_8bit
        lr_scheduler: cosine
        learning_rate: 2e-4

        bf16: auto
        tf32: false
        gradient_checkpointing: true
        logging_steps: 1
        attn_implementation: flash_attention_2
        warmup_ratio: 0.1
        evals_per_epoch: 4
        saves_per_epoch: 1
        weight_decay: 0.0
        special_tokens:
           pad_token: <|end_of_text|>
        rex_magic: 3
        """;

    private const string Tutorial = """
        from transformers import AutoTokenizer, AutoModelForCausalLM, TrainingArguments, Trainer
        from peft import LoraConfig, get_peft_model

        model_name = "deepseek-ai/DeepSeek-R1-8b"  # 模型
        tokenizer = AutoTokenizer.from_pretrained(model_name)
        model = AutoModelForCausalLM.from_pretrained(model_name, torch_dtype=torch.float16, device_map="auto")

        training_args = TrainingArguments(
            output_dir="./results",
            per_device_train_batch_size=4,
            gradient_accumulation_steps=4,
            num_train_epochs=3,
            learning_rate=5e-6,
            weight_decay=0.01,
            warmup_steps=100,
            logging_steps=10,
            save_steps=500,
            evaluation_strategy="steps",
            fp16=True,
            report_to="tensorboard",
            some_future_flag=compute(1, [2]),
        )

        lora_config = LoraConfig(
            r=16,
            lora_alpha=32,
            lora_dropout=0.1,
            target_modules=["query_key_value"],
            bias="none",
        )
        model = get_peft_model(model, lora_config)
        trainer = Trainer(model=model, args=training_args, train_dataset=tokenized["train"], eval_dataset=tokenized["test"])
        trainer.train()
        """;

    [Fact]
    public void Import_LlamaFactoryExample_CarriesItsTraining()
    {
        var imported = RecipeExchange.Import(LlamaFactory);

        var expected = new TrainingRecipe
        {
            Model = "Qwen/Qwen3-4B-Instruct-2507",
            Dataset = "identity",
            LearningRate = 1e-4,
            LrSchedulerType = SchedulerType.Cosine,
            WarmupRatio = 0.1,
            PerDeviceTrainBatchSize = 1,
            GradientAccumulationSteps = 8,
            NumTrainEpochs = 3,
            EpochEnd = EpochEnd.ShortStep,
            MaxSamples = 1000,
            MaxLength = 2048,
            LoggingSteps = 10,
            SaveSteps = 500,
            SaveTotalLimit = null,
            Dtype = TrainingDtype.Bfloat16,
            GradientCheckpointing = true,
            Lora = new LoraSettings { R = 8, LoraAlpha = 16 },
        };
        Assert.Equal(RecipeFormat.LlamaFactory, imported.Format);
        Assert.Equal(expected.ToJson(), imported.Recipe.ToJson());
        Assert.Equal(
            ["trust_remote_code: exchange_not_needed", "dataset: exchange_replaced", "template: exchange_own_template", "preprocessing_num_workers: exchange_not_needed",
             "output_dir: exchange_not_needed", "plot_loss: exchange_not_needed", "report_to: exchange_not_needed", "do_train: exchange_not_needed",
             "save_total_limit: exchange_default", "gradient_checkpointing: exchange_default", "lora_alpha: exchange_default"],
            Told(imported).OrderBy(told => told.StartsWith("do_train", StringComparison.Ordinal) || told.EndsWith("default", StringComparison.Ordinal)));
    }

    [Fact]
    public void Import_AxolotlExample_CarriesItsTraining()
    {
        var imported = RecipeExchange.Import(Axolotl);

        var expected = new TrainingRecipe
        {
            Model = "NousResearch/Meta-Llama-3-8B",
            Dataset = "mhenrichsen/alpaca_2k_test",
            Method = TrainingMethod.Qlora,
            Quantization = BaseQuantization.Int8,
            Optim = OptimizerType.Adamw8Bit,
            LearningRate = 2e-4,
            LrSchedulerType = SchedulerType.Cosine,
            WarmupRatio = 0.1,
            PerDeviceTrainBatchSize = 2,
            GradientAccumulationSteps = 4,
            NumTrainEpochs = 4,
            EpochEnd = EpochEnd.WholeRun,
            MaxLength = 4096,
            Packing = true,
            EvalsPerEpoch = 4,
            ValSize = 0.05,
            SaveTotalLimit = 4,
            GradientCheckpointing = true,
            Lora = new LoraSettings { R = 32, LoraAlpha = 16, LoraDropout = 0.05 },
        };
        Assert.Equal(RecipeFormat.Axolotl, imported.Format);
        Assert.Equal(expected.ToJson(), imported.Recipe.ToJson());
        Assert.Equal(
            [("lora_modules_to_save", "exchange_unsupported", 23), ("optimizer", "exchange_replaced", 32), ("saves_per_epoch", "exchange_per_epoch", 43), ("rex_magic", "exchange_unknown", 47)],
            imported.Values.Where(value => value is { Kind: not Carriage.Defaulted, Reason.Code: not "exchange_not_needed" }).Select(value => (value.Name, value.Reason!.Code, value.Line!.Value)));
    }

    [Fact]
    public void Import_TutorialSnippet_NamesEveryValue()
    {
        var imported = RecipeExchange.Import(Tutorial);

        var recipe = imported.Recipe;
        Assert.Equal(("deepseek-ai/DeepSeek-R1-8b", TrainingMethod.Lora, 4, 4, 3.0, 5e-6, 0.01, 100, 10, 500), (recipe.Model, recipe.Method, recipe.PerDeviceTrainBatchSize, recipe.GradientAccumulationSteps,
            recipe.NumTrainEpochs, recipe.LearningRate, recipe.WeightDecay, recipe.WarmupSteps, recipe.LoggingSteps, recipe.SaveSteps));
        Assert.Equal((16, 32.0, 0.1, "q_proj, k_proj, v_proj"), (recipe.Lora.R, recipe.Lora.LoraAlpha, recipe.Lora.LoraDropout, string.Join(", ", recipe.Lora.TargetModules)));
        Assert.Equal((TrainingDtype.Float16, DeviceMap.Auto, 10, 0.1), (recipe.Dtype, recipe.DeviceMap, recipe.EvalSteps, recipe.ValSize));
        foreach (var name in new[] { "output_dir", "per_device_train_batch_size", "gradient_accumulation_steps", "num_train_epochs", "learning_rate", "weight_decay", "warmup_steps", "logging_steps", "save_steps",
            "evaluation_strategy", "fp16", "report_to", "some_future_flag", "r", "lora_alpha", "lora_dropout", "target_modules", "bias", "torch_dtype", "device_map" })
            Assert.Contains(imported.Values, value => value.Name == name && value.Line > 0);
        Assert.Equal(
            ["AutoTokenizer.from_pretrained: exchange_not_needed", "torch_dtype: exchange_not_needed", "output_dir: exchange_not_needed", "report_to: exchange_not_needed", "some_future_flag: exchange_unknown",
             "target_modules: target_mapped", "eval_steps: exchange_default", "val_size: exchange_split_assumed", "save_total_limit: exchange_default"],
            Told(imported).Where(told => !told.StartsWith("fp16", StringComparison.Ordinal)));
    }

    [Fact]
    public void Import_TrlScriptWithVariables_FollowsThem()
    {
        const string script = """"
            MODEL_ID = ("deepseek-ai/"
                        'DeepSeek-R1-Distill-Llama-8B')
            lr, notes = 1e-4, """
              TrainingArguments(learning_rate=1)
            """
            lora = dict_of = {"r": 64, "lora_alpha": 16, 'target_modules': 'all-linear', "use_rslora": True}
            lora_kwargs = {"r": 64, "lora_alpha": 16, 'target_modules': 'all-linear', "use_rslora": True}
            rate = 2e-4
            bnb = BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_use_double_quant=False, bnb_4bit_compute_dtype=torch.bfloat16)
            model = AutoModelForCausalLM.from_pretrained(MODEL_ID, quantization_config=bnb)
            ds = load_dataset("json", data_files="med.jsonl", split="train").train_test_split(test_size=200)
            trainer = SFTTrainer(
                model=model,
                args=SFTConfig("out", learning_rate=rate, max_length=2_048, packing=True, bf16=True, warmup_steps=0.05,
                               gradient_accumulation_steps=-(-16 // 4), lr_scheduler_kwargs={"num_cycles": 0.5}, lr_scheduler_type="cosine",
                               eval_strategy="epoch", optim="adamw_bnb_8bit", max_steps=-1, train_sampling_strategy="sequential"),
                peft_config=LoraConfig(**lora_kwargs, task_type=TaskType.CAUSAL_LM),
                callbacks=[EarlyStoppingCallback(early_stopping_patience=3, early_stopping_threshold=0.01)],
            )
            """";

        var imported = RecipeExchange.Import(script);

        var expected = new TrainingRecipe
        {
            Model = "deepseek-ai/DeepSeek-R1-Distill-Llama-8B",
            Dataset = "med.jsonl",
            Method = TrainingMethod.Qlora,
            DoubleQuantization = false,
            LearningRate = 2e-4,
            LrSchedulerType = SchedulerType.Cosine,
            LrSchedulerKwargs = new() { NumCycles = 0.5 },
            WarmupRatio = 0.05,
            PerDeviceTrainBatchSize = 8,
            GradientAccumulationSteps = 4,
            MaxLength = 2048,
            Packing = true,
            EpochEnd = EpochEnd.ShortStep,
            LoggingSteps = 10,
            SaveSteps = 500,
            SaveTotalLimit = null,
            ValSize = 200,
            Dtype = TrainingDtype.Bfloat16,
            GradientCheckpointing = true,
            Shuffle = false,
            Optim = OptimizerType.Adamw8Bit,
            EarlyStoppingPatience = 3,
            EarlyStoppingThreshold = 0.01,
            Lora = new LoraSettings { R = 64, LoraAlpha = 16, UseRslora = true },
        };
        Assert.Equal(expected.ToJson(), imported.Recipe.ToJson());
    }

    [Fact]
    public void Import_SftConfigAlone_TakesItsDefaultsAndSaysThem()
    {
        var imported = RecipeExchange.Import("args = SFTConfig(output_dir='x')\npeft_config = LoraConfig()");

        // trl/trainer/sft_config.py: learning_rate 2e-5, max_length 1024, gradient_checkpointing; peft: r 8, lora_alpha 8, q_proj and v_proj.
        Assert.Equal((2e-5, 1024, true, 8, 8.0, "q_proj, v_proj"), (imported.Recipe.LearningRate, imported.Recipe.MaxLength, imported.Recipe.GradientCheckpointing, imported.Recipe.Lora.R, imported.Recipe.Lora.LoraAlpha,
            string.Join(", ", imported.Recipe.Lora.TargetModules)));
        // trl/trainer/base_config.py: logging_steps 10, bf16; transformers: save_steps 500, every snapshot kept.
        Assert.Equal(["learning_rate", "per_device_train_batch_size", "max_length", "logging_steps", "save_steps", "save_total_limit", "bf16", "gradient_checkpointing", "r", "lora_alpha", "target_modules"],
            imported.Values.Where(value => value.Kind == Carriage.Defaulted).Select(value => value.Name));
    }

    [Theory]
    [InlineData("finetuning_type: lora\nuse_dora: true", TrainingMethod.Dora, false)]
    [InlineData("finetuning_type: lora\nuse_dora: true\nquantization_bit: 4", TrainingMethod.Qlora, true)]
    [InlineData("finetuning_type: lora\nquantization_bit: 8", TrainingMethod.Qlora, false)]
    [InlineData("finetuning_type: full", TrainingMethod.Full, false)]
    [InlineData("finetuning_type: freeze", TrainingMethod.Full, false)]
    [InlineData("base_model: m\nmicro_batch_size: 1", TrainingMethod.Full, false)]
    [InlineData("base_model: m\nadapter: qlora", TrainingMethod.Qlora, false)]
    [InlineData("base_model: m\nadapter: lora\npeft_use_dora: true", TrainingMethod.Dora, false)]
    [InlineData("SFTConfig(bf16=True)", TrainingMethod.Full, false)]
    [InlineData("LoraConfig(use_dora=True)", TrainingMethod.Dora, false)]
    public void Import_Methods_AreRecognised(string text, TrainingMethod method, bool dora)
    {
        var recipe = RecipeExchange.Import(text).Recipe;

        Assert.Equal((method, dora), (recipe.Method, recipe.Lora.UseDora));
    }

    private static IEnumerable<string> Told(ImportedRecipe imported) => imported.Values.Where(value => value.Reason is not null).Select(value => $"{value.Name}: {value.Reason!.Code}");
}
