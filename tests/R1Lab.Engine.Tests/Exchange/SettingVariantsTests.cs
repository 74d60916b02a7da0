using R1Lab.Engine.Exchange;
using R1Lab.Engine.Training;

namespace R1Lab.Engine.Tests.Exchange;

/// <summary>Settings in the less common forms that the tools take.</summary>
public sealed class SettingVariantsTests
{
    private static readonly string[] Attention = ["q_proj", "k_proj", "v_proj", "o_proj"];

    [Theory]
    [InlineData(@"model.layers.[\d]+.(mlp|self_attn).(up|down|gate|q|k|v|o)_proj", 7)]
    [InlineData(@".*\.self_attn\.(q|k|v|o)_proj", 4)]
    [InlineData(@"(?!.*visual).*_proj", 7)]
    [InlineData(@"model\.language_model\.layers\.\d+\.self_attn\.(q|k|v|o)_proj", 4)]
    public void Import_TargetsByExpression_AreTheProjectionsItMatches(string pattern, int count)
    {
        var imported = RecipeExchange.Import($"base_model: m\nadapter: lora\nlora_target_modules: '{pattern}'");

        Assert.Equal(count, imported.Recipe.Lora.TargetModules.Count);
        Assert.Equal(Attention, imported.Recipe.Lora.TargetModules.Intersect(Attention));
        Assert.Contains(imported.Values, value => value is { Name: "lora_target_modules", Kind: Carriage.Changed, Reason.Code: "exchange_replaced" });
    }

    [Theory]
    [InlineData(@".*layers\.(3|7)\.self_attn\.q_proj")]
    [InlineData(@".*experts.*")]
    [InlineData(@"(a+")]
    [InlineData(@"((a|.)+)+x")]
    public void Import_TargetsOfSomeLayersOrNone_AreNamed(string pattern)
    {
        var imported = RecipeExchange.Import($"base_model: m\nadapter: lora\nlora_target_modules: '{pattern}'");

        Assert.Contains(imported.Values, value => value is { Name: "lora_target_modules", Kind: Carriage.NotCarried, Reason.Code: "exchange_unsupported" });
        Assert.Contains(imported.Values, value => value is { Field: "lora.target_modules", Reason.Code: "exchange_unread" });
    }

    [Fact]
    public void Import_AxolotlDataset_NamesItsOwnSettings()
    {
        var imported = RecipeExchange.Import("""
            base_model: m
            datasets:
              - path: json
                ds_type: json
                data_files: [rows.jsonl]
                split: train[:5%]
                type: completion
                field_messages: talk
                roles_to_train: [assistant]
                chat_template: chatml
                shards: 10
            """);

        Assert.Equal("rows.jsonl", imported.Recipe.Dataset);
        Assert.Equal(
            ["datasets.split: exchange_unsupported", "datasets.type: exchange_unsupported", "datasets.field_messages: exchange_unsupported", "datasets.chat_template: exchange_own_template", "datasets.shards: exchange_unsupported"],
            imported.Values.Where(value => value.Kind == Carriage.NotCarried).Select(value => $"{value.Name}: {value.Reason!.Code}"));
    }

    [Theory]
    [InlineData("warmup_steps: 0.1", 0, 0.1)]
    [InlineData("warmup_steps: 10", 10, 0.0)]
    [InlineData("warmup_ratio: 0.2", 0, 0.2)]
    [InlineData("seed: 1", 0, 0.03)]
    public void Import_AxolotlWarmup_IsStepsOrAShare(string line, int steps, double share)
    {
        var recipe = RecipeExchange.Import($"base_model: m\nmicro_batch_size: 1\n{line}").Recipe;

        Assert.Equal((steps, share), (recipe.WarmupSteps, recipe.WarmupRatio));
    }

    [Theory]
    [InlineData("evals_per_epoch: 0\nval_set_size: 0.1", 0.1)]
    [InlineData("evals_per_epoch: 0", 0.0)]
    [InlineData("eval_steps: 5\ntest_datasets: [{path: x}]", 0.0)]
    [InlineData("eval_steps: 5", 0.0)]
    [InlineData("eval_steps: 5\nval_set_size: 0.2", 0.2)]
    public void Import_AxolotlEvaluation_HoldsOutRowsOnlyWhereItIsAskedFor(string lines, double share)
    {
        var imported = RecipeExchange.Import($"base_model: m\nmicro_batch_size: 1\n{lines}");

        Assert.Equal((share, null), (imported.Recipe.ValSize, imported.Recipe.EvalsPerEpoch));
        Assert.DoesNotContain(imported.Recipe.Problems(), problem => problem.Field == "evals_per_epoch");
    }

    [Theory]
    [InlineData("optimizer: adamw_torch_8bit", OptimizerType.Adamw8Bit, true)]
    [InlineData("optimizer: adamw_torch_4bit", OptimizerType.Adamw8Bit, false)]
    [InlineData("optimizer:", OptimizerType.Adamw, true)]
    [InlineData("optimizer: adamw_torch_fused", OptimizerType.Adamw, true)]
    [InlineData("optimizer: muon", OptimizerType.Adamw, false)]
    public void Import_Optimizers_AreTakenForWhatTheyAre(string line, OptimizerType optim, bool same)
    {
        var imported = RecipeExchange.Import($"base_model: m\n{line}");

        Assert.Equal(optim, imported.Recipe.Optim);
        Assert.Equal(same, imported.Values.Single(value => value.Name == "optimizer").Reason?.Code != "exchange_replaced");
    }

    [Fact]
    public void Import_YamlNumbersWithUnderscores_AreNumbers() =>
        Assert.Equal((16384, TrainingDtype.Float16), RecipeExchange.Import("base_model: m\nsequence_len: 16_384\nfloat16: true") is var read ? (read.Recipe.MaxLength, read.Recipe.Dtype) : default);

    [Theory]
    [InlineData("use_peft: true\nlora_r: 32\nlora_target_modules: all-linear\nload_in_4bit: true\nuse_bnb_nested_quant: true", TrainingMethod.Qlora, 32, 7)]
    [InlineData("use_peft: true", TrainingMethod.Lora, 16, 2)]
    [InlineData("torch_dtype: bfloat16", TrainingMethod.Full, 16, 2)]
    public void Import_YamlOfTrlsCommands_IsReadAsSuch(string lines, TrainingMethod method, int rank, int modules)
    {
        var imported = RecipeExchange.Import($"model_name_or_path: m\ndataset_name: d\ndataset_config: part\nlearning_rate: 4.0e-5\nmax_length: 8192\n{lines}");

        var recipe = imported.Recipe;
        Assert.Equal((RecipeFormat.Trl, "m", "d", 4e-5, 8192, method, rank, modules), (imported.Format, recipe.Model, recipe.Dataset, recipe.LearningRate, recipe.MaxLength, recipe.Method, recipe.Lora.R, recipe.Lora.TargetModules.Count));
        Assert.True(recipe.GradientCheckpointing);
        Assert.Equal(["dataset_config"], imported.Values.Where(value => value is { Kind: Carriage.NotCarried, Reason.Code: not "exchange_not_needed" }).Select(value => value.Name));
        Assert.Contains(imported.Values, value => value.Reason?.Code == "exchange_prompt_learned");
    }

    [Fact]
    public void Import_LlamaFactorysNextForm_IsRefusedByName() =>
        Assert.Contains("next version", Assert.Throws<BadInputException>(() => RecipeExchange.Import("model: m\nmodel_class: llm\ntrain_dataset: d.yaml\nlearning_rate: 1.0e-4")).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData(100, 0.0, "warmup_steps: 100", "warmup_ratio")]
    [InlineData(0, 0.1, "warmup_ratio: 0.1", "warmup_steps")]
    [InlineData(0, 0.0, "warmup_steps: 0", "warmup_ratio")]
    public void Export_LlamaFactory_WritesOneWarmup(int steps, double share, string written, string absent)
    {
        var text = RecipeExchange.Export(new TrainingRecipe { Model = "m", Dataset = "d", WarmupSteps = steps, WarmupRatio = share }, RecipeFormat.LlamaFactory).Text;

        Assert.Contains(written, text, StringComparison.Ordinal);
        Assert.DoesNotContain(absent, text, StringComparison.Ordinal);
        Assert.DoesNotContain("group_by_length", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Export_Presets_KeepTheRulesTheToolsRefuseByAndSayWhatThatCosts()
    {
        var recipe = TrainingRecipe.Preset("recommended") with { Model = "m", Dataset = "d", SaveSteps = 50 };

        // Axolotl: early stopping wants save_steps and eval_steps; transformers: the best model wants saves and evaluations of one kind.
        var axolotl = RecipeExchange.Export(recipe, RecipeFormat.Axolotl);
        Assert.DoesNotContain("early_stopping_patience", axolotl.Text, StringComparison.Ordinal);
        Assert.Contains(axolotl.Values, value => value.Field == "early_stopping_patience");
        foreach (var format in new[] { RecipeFormat.LlamaFactory, RecipeFormat.Trl })
        {
            var exported = RecipeExchange.Export(recipe, format);
            Assert.DoesNotContain("save_steps", exported.Text, StringComparison.Ordinal);
            Assert.Contains(exported.Values, value => value.Field == "save_steps");
        }
    }

    [Theory]
    [InlineData(20, 50, 60)]
    [InlineData(20, null, 20)]
    public void Export_AxolotlWithEarlyStopping_SavesOnEvaluations(int evaluations, int? saves, int written)
    {
        var recipe = new TrainingRecipe { Model = "m", Dataset = "d", ValSize = 0.1, EvalSteps = evaluations, SaveSteps = saves, EarlyStoppingPatience = 3 };

        var exported = RecipeExchange.Export(recipe, RecipeFormat.Axolotl);

        Assert.Contains($"save_steps: {written}\n", exported.Text, StringComparison.Ordinal);
        Assert.Contains("early_stopping_patience: 3", exported.Text, StringComparison.Ordinal);
        Assert.Contains(exported.Values, value => value.Field == "save_steps");
    }

    [Fact]
    public void Export_LengthsInGroups_AreWrittenByTheNameThatTransformersKnows()
    {
        var exported = RecipeExchange.Export(new TrainingRecipe { Model = "m", Dataset = "d", GroupByLength = true }, RecipeFormat.LlamaFactory);

        Assert.Contains("\ntrain_sampling_strategy: group_by_length\n", exported.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(exported.Values, value => value.Field == "group_by_length");
    }

    [Fact]
    public void Export_AxolotlOffloadingWithoutCheckpointing_IsLeftOutAndNamed()
    {
        var exported = RecipeExchange.Export(new TrainingRecipe { Model = "m", Dataset = "d", ActivationOffloading = true }, RecipeFormat.Axolotl);

        Assert.Contains("activation_offloading: false", exported.Text, StringComparison.Ordinal);
        Assert.Contains(exported.Values, value => value.Field == "activation_offloading");
    }
}
