using System.Text.Json.Nodes;
using CsCheck;
using R1Lab.Engine.Adapters;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Exchange;
using R1Lab.Engine.Training;
using R1Lab.Engine.Training.Recipe;

namespace R1Lab.Engine.Tests.Exchange;

public sealed class RecipeExchangeTests
{
    /// <summary>Fields no format may lose, whatever the recipe.</summary>
    private static readonly string[] AlwaysCarried =
    [
        "model", "method", "learning_rate", "lr_scheduler_type", "warmup_steps", "weight_decay", "adam_beta1", "adam_beta2", "adam_epsilon", "max_grad_norm", "per_device_train_batch_size",
        "per_device_eval_batch_size", "gradient_accumulation_steps", "num_train_epochs", "max_length", "packing", "shuffle", "seed", "logging_steps", "save_total_limit", "val_size", "optim", "gradient_checkpointing",
        "activation_offloading", "neftune_noise_alpha",
    ];

    private static readonly Gen<string> Name = Gen.OneOf(
        Gen.String[Gen.Char.AlphaNumeric, 1, 12], OneOf("deepseek-ai/DeepSeek-R1-Distill-Llama-8B", "yes", "12", "1e5", "null", "a: b", "# no", "医疗 问答", "it's \"here\"\\", " leading", "'", "😀", "line\nline", "&a", "*b", "!c", "[d]", "{e}", "%f", "@g", "1_000", "0x10", "~", "-", "?"));

    private static readonly Gen<LoraSettings> Lora =
        from r in Gen.Int[1, 256]
        from alpha in Gen.Int[1, 512]
        from dropout in Gen.Double[0, 0.9]
        from targets in Gen.Shuffle(LoraSettings.AllProjections.ToArray(), 1, 7)
        from rs in Gen.Bool
        from patterns in Gen.Bool
        from plus in Gen.Double[1, 32]
        from hasPlus in Gen.Bool
        from start in Name
        from starts in Gen.Bool
        select new LoraSettings
        {
            R = r,
            LoraAlpha = alpha,
            LoraDropout = dropout,
            TargetModules = targets,
            UseRslora = rs,
            LoraplusLrRatio = hasPlus ? plus : null,
            InitFrom = starts ? start : null,
            RankPattern = patterns ? new Dictionary<string, int> { ["q_proj"] = r, ["layers.1.mlp.up_proj"] = 3 } : new Dictionary<string, int>(),
            AlphaPattern = patterns ? new Dictionary<string, double> { ["v_proj"] = alpha } : new Dictionary<string, double>(),
        };

    private static readonly Gen<TrainingRecipe> Recipes =
        from words in Gen.Select(Name, Name, Name)
        from choices in Gen.Select(Gen.Enum<TrainingMethod>(), Gen.Enum<BaseQuantization>(), Gen.Enum<SchedulerType>(), Gen.Enum<TrainingDtype>(), Gen.Enum<OptimizerType>(), Gen.Enum<BestMetric>(), Gen.Enum<DeviceMap>())
        from switches in Gen.Bool.Array[12]
        from counts in Gen.Int[1, 5000].Array[10]
        from shares in Gen.Double[0.0001, 0.99].Array[8]
        from rate in Gen.Double[-9, -1].Select(x => Math.Pow(10, x))
        from lora in Lora
        select new TrainingRecipe
        {
            Name = switches[0] ? words.Item1 : null,
            Model = words.Item2,
            Dataset = words.Item3,
            Method = choices.Item1,
            Quantization = choices.Item2,
            LrSchedulerType = choices.Item3,
            Dtype = choices.Item4,
            Optim = choices.Item5,
            MetricForBestModel = choices.Item6,
            DeviceMap = choices.Item7,
            LearningRate = rate,
            WeightDecay = shares[0],
            WarmupSteps = switches[1] ? counts[0] : 0,
            WarmupRatio = switches[1] ? 0 : shares[1],
            AdamBeta1 = shares[2],
            AdamBeta2 = shares[3],
            AdamEpsilon = rate / 1000,
            MaxGradNorm = shares[4],
            LrSchedulerKwargs = new() { MinLrRate = choices.Item3 == SchedulerType.CosineWithMinLr ? shares[5] : null, NumCycles = choices.Item3 == SchedulerType.Cosine && switches[2] ? shares[6] : null },
            PerDeviceTrainBatchSize = counts[1],
            PerDeviceEvalBatchSize = switches[3] ? counts[2] : null,
            GradientAccumulationSteps = counts[3],
            NumTrainEpochs = counts[4] / 7.0,
            MaxSteps = switches[4] ? counts[5] : null,
            MaxLength = counts[6] + 1,
            Packing = switches[5],
            Shuffle = switches[6],
            GroupByLength = switches[6] && switches[7],
            Seed = counts[7],
            LoggingSteps = counts[8],
            SaveSteps = switches[8] ? counts[9] : null,
            SaveTotalLimit = switches[9] ? counts[0] : null,
            ValSize = switches[10] ? shares[7] : 0,
            EvalSteps = switches[10] && switches[11] ? counts[9] : null,
            LoadBestModelAtEnd = switches[10] && switches[0],
            GradientCheckpointing = switches[2],
            ActivationOffloading = switches[3],
            NeftuneNoiseAlpha = switches[4] ? counts[1] : null,
            EarlyStoppingPatience = switches[10] && switches[5] ? counts[2] : null,
            Lora = choices.Item1 == TrainingMethod.Full ? new LoraSettings() : lora,
        };

    public static TheoryData<RecipeFormat> Formats => [.. Enum.GetValues<RecipeFormat>()];

    [Theory, MemberData(nameof(Formats))]
    public void Import_OfAnyExport_GivesBackAllThatIsNotNamed(RecipeFormat format) => Recipes.Hold(recipe =>
    {
        var exported = RecipeExchange.Export(recipe, format);

        var back = RecipeExchange.Import(exported.Text);

        Assert.Equal(format, back.Format);
        var named = exported.Values.Select(value => value.Field!).ToHashSet();
        Assert.Empty(Differences(recipe, back.Recipe).Except(named));
        // Offloading is nothing without checkpointing, and Axolotl refuses it then.
        Assert.Empty(named.Intersect(AlwaysCarried).Except(recipe.Dataset.Contains(',', StringComparison.Ordinal) ? ["dataset"] : []).Except(recipe.GradientCheckpointing ? [] : ["activation_offloading"]));
        Assert.DoesNotContain(back.Values, value => value.Reason is { Code: "exchange_unknown" or "exchange_computed" or "exchange_wrong_form" });
        Assert.DoesNotContain(exported.Values, value => value.Reason is null);
    }, cases: 400);

    [Theory, MemberData(nameof(Formats))]
    public void Export_Presets_LoseOnlyWhatTheToolCannotSay(RecipeFormat format)
    {
        var recipe = TrainingRecipe.Preset("recommended") with { Model = "m", Dataset = "d", Dtype = TrainingDtype.Bfloat16, EvalsPerEpoch = null };

        var lost = RecipeExchange.Export(recipe, format).Values.Select(value => value.Field);

        // Axolotl counts the steps of the whole run, and stops early only where evaluations are counted in steps.
        Assert.Equal(format == RecipeFormat.Axolotl ? ["epoch_end", "early_stopping_patience"] : ["overlong_rows"], lost);
    }

    [Theory]
    [InlineData(RecipeFormat.LlamaFactory, "thinking_policy, decay_groups, epoch_end, loss_normalization, early_stopping_threshold, embedding_on_host, device_map, probe_prompts, confirmed, lora.rank_pattern, lora.alpha_pattern, overlong_rows")]
    [InlineData(RecipeFormat.Axolotl, "name, thinking_policy, decay_groups, epoch_end, loss_normalization, overlong_rows, early_stopping_threshold, metric_for_best_model, embedding_on_host, probe_prompts, confirmed, lora.lora_alpha")]
    [InlineData(RecipeFormat.Trl, "thinking_policy, decay_groups, epoch_end, loss_normalization, overlong_rows, embedding_on_host, probe_prompts, confirmed, overlong_rows")]
    public void Export_EverythingSet_NamesWhatHasNoPlaceThere(RecipeFormat format, string fields)
    {
        var recipe = new TrainingRecipe
        {
            Name = "n",
            Model = "m",
            Dataset = "d",
            Method = TrainingMethod.Qlora,
            DoubleQuantization = false,
            ThinkingPolicy = ThinkingPolicy.NoThinking,
            DecayGroups = DecayGroups.Uniform,
            LossNormalization = LossNormalization.MicroMean,
            OverlongRows = format == RecipeFormat.LlamaFactory ? OverlongRows.Drop : OverlongRows.Split,
            EvalSteps = 5,
            EarlyStoppingPatience = 2,
            EarlyStoppingThreshold = 0.1,
            MetricForBestModel = BestMetric.EvalTokenAccuracy,
            LoadBestModelAtEnd = true,
            SaveSteps = 10,
            ValSize = 0.1,
            Dtype = TrainingDtype.Bfloat16,
            EmbeddingOnHost = false,
            DeviceMap = DeviceMap.Auto,
            ProbePrompts = ["p"],
            Confirmed = ["c"],
            Lora = new LoraSettings { LoraAlpha = 12.5, UseDora = true, LoraplusLrRatio = 16, RankPattern = new Dictionary<string, int> { ["q_proj"] = 2 }, AlphaPattern = new Dictionary<string, double> { ["q_proj"] = 4 } },
        };

        var lost = RecipeExchange.Export(recipe, format).Values;

        Assert.Equal(fields, string.Join(", ", lost.Select(value => value.Field)));
    }

    [Theory]
    [InlineData(RecipeFormat.LlamaFactory, TrainOn.AllAssistantTurns, true)]
    [InlineData(RecipeFormat.LlamaFactory, TrainOn.LastTurn, true)]
    [InlineData(RecipeFormat.LlamaFactory, TrainOn.WholeText, true)]
    [InlineData(RecipeFormat.Axolotl, TrainOn.WholeText, true)]
    [InlineData(RecipeFormat.Axolotl, TrainOn.LastTurn, false)]
    [InlineData(RecipeFormat.Trl, TrainOn.WholeText, true)]
    [InlineData(RecipeFormat.Trl, TrainOn.LastTurn, false)]
    public void Export_WhatIsLearned_ComesBackOrIsNamed(RecipeFormat format, TrainOn trainOn, bool isCarried)
    {
        var exported = RecipeExchange.Export(new TrainingRecipe { Model = "m", Dataset = "d", TrainOn = trainOn }, format);

        Assert.Equal(isCarried ? trainOn : TrainOn.AllAssistantTurns, RecipeExchange.Import(exported.Text).Recipe.TrainOn);
        Assert.Equal(!isCarried, exported.Values.Any(value => value.Field == "train_on"));
    }

    [Theory]
    [InlineData("finetuning_type: lora\nmask_history: true", TrainOn.LastTurn)]
    [InlineData("finetuning_type: lora\ntrain_on_prompt: true", TrainOn.WholeText)]
    [InlineData("finetuning_type: lora\nmask_history: false\ntrain_on_prompt: false", TrainOn.AllAssistantTurns)]
    [InlineData("base_model: m\nadapter: lora\ntrain_on_inputs: true", TrainOn.WholeText)]
    [InlineData("from trl import SFTConfig, SFTTrainer\nSFTTrainer(args=SFTConfig(completion_only_loss=False))", TrainOn.WholeText)]
    public void Import_WhatIsLearned_IsCarried(string text, TrainOn trainOn) => Assert.Equal(trainOn, RecipeExchange.Import(text).Recipe.TrainOn);

    [Fact]
    public void Export_BestModelAtEnd_SavesOnEvaluations()
    {
        var recipe = new TrainingRecipe { Model = "m", Dataset = "d", ValSize = 0.1, EvalSteps = 30, SaveSteps = 50, LoadBestModelAtEnd = true };

        var exported = RecipeExchange.Export(recipe, RecipeFormat.Trl);

        var saves = Assert.Single(exported.Values, value => value.Field == "save_steps");
        Assert.Equal((Carriage.Changed, "60", "exchange_written_as"), (saves.Kind, saves.Value, saves.Reason!.Code));
        Assert.Contains("save_steps=60", exported.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("name: x\nother: 1", "neither LLaMA-Factory")]
    [InlineData("just words", "line 1")]
    [InlineData("", "line 1")]
    [InlineData("stage: sft\nlearning_rate: [1, 2", "line ")]
    [InlineData("stage: sft\nstage: dpo", "line 2: stage stands here for the second time")]
    [InlineData("stage: sft\nx: &a [1]\ny: *a", "line 2: an anchor")]
    [InlineData("stage: sft\ny: *a", "line 2: an alias")]
    [InlineData("stage: sft\ny: !!python/object/apply:os.system [\"ls\"]", "line 2: a tag")]
    [InlineData("stage: sft\n---\nstage: dpo", "line 2: a second document")]
    [InlineData("stage: sft\n? [a]\n: b", "line 2: a setting's name")]
    [InlineData("x = 1\nargs = TrainingArguments(\n  learning_rate=1,\n", "line 2: '(' is never closed")]
    [InlineData("args = TrainingArguments(\n  output_dir='a)\n", "line 2: a text is never closed")]
    [InlineData("args = TrainingArguments(]\n", "line 1: ']' closes nothing")]
    public void Import_BrokenText_NamesTheLine(string text, string message)
    {
        var e = Assert.Throws<BadInputException>(() => RecipeExchange.Import(text));

        Assert.Contains(message, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Import_DeepNesting_IsRefused()
    {
        var deep = new string('[', 5000) + new string(']', 5000);

        Assert.Throws<BadInputException>(() => RecipeExchange.Import($"stage: sft\nx: {deep}"));
        Assert.Equal(1e-3, RecipeExchange.Import($"TrainingArguments(x={deep}, learning_rate=1e-3)").Recipe.LearningRate);
        Assert.Throws<BadInputException>(() => RecipeExchange.Import(new string('x', RecipeExchange.LongestText + 1)));
    }

    [Fact]
    public void Import_AnyText_ReadsOrRefuses()
    {
        var pieces = OneOf("TrainingArguments(", "LoraConfig(", ")", "(", "[", "]", "{", "}", ",", "=", "\"", "'", "'''", "\\", "\n", "#", "r", "learning_rate", "1e-4", "-", ":", " ", "**", "stage: sft", "&a", "*a", "!t", "- ", "? ", "|", ">", "%", "\t", "\u0085", "f'", "torch.", "None", "\0",
            "def f(", "for ", "self.", "args.", "x.add_argument('--r', ", "field(", "default=", "//", "*=", "+", "%", "trainer.train()", "train_args.seed=", "x: int = ", "**x", "(a+)+", "lora_target: ", "{\"cells\": [", "use_peft: true", "model_name_or_path: m", "datasets:");

        var (read, refused) = (0, 0);
        pieces.Array[0, 40].Select(string.Concat).Hold(text =>
        {
            try
            {
                RecipeExchange.Import(text);
                Interlocked.Increment(ref read);
            }
            catch (BadInputException error)
            {
                Interlocked.Increment(ref refused);
                Assert.InRange(error.Message.Length, 1, 2000);
            }
        }, cases: 3000);
        Assert.True(read > 0 && refused > 0, $"{read} read, {refused} refused");
    }

    [Fact]
    public void Import_AccessTokens_AreNotShown()
    {
        var imported = RecipeExchange.Import("stage: sft\nhf_hub_token: hf_abcdef\nhub_token: hf_abcdef");

        Assert.DoesNotContain(imported.Values, value => value.ToString().Contains("hf_abcdef", StringComparison.Ordinal));
    }

    private static Gen<string> OneOf(params string[] texts) => Gen.Int[0, texts.Length - 1].Select(i => texts[i]);

    private static IEnumerable<string> Differences(TrainingRecipe left, TrainingRecipe right) => RecipeSchema.Default.Fields
        .Where(field => !JsonNode.DeepEquals(field.ReadJson(left), field.ReadJson(right))).Select(field => field.Name);
}
