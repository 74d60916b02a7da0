using R1Lab.Engine.Adapters;
using R1Lab.Engine.Training;

namespace R1Lab.Engine.Tests.Training;

public sealed class TrainingRecipeTests
{
    private static readonly TrainingRecipe Named = new() { Model = "m", Dataset = "1" };

    [Fact]
    public void Json_RoundTrip_KeepsEveryField()
    {
        var recipe = TrainingRecipe.Preset("tutorial") with { Model = "m", Dataset = "7", LrSchedulerType = SchedulerType.CosineWithMinLr, LrSchedulerKwargs = new() { MinLrRate = 0.1 }, SaveTotalLimit = null };

        var back = TrainingRecipe.Parse(recipe.ToJson(), out var problems);

        Assert.Empty(problems);
        Assert.Equal(recipe.ToJson(), back!.ToJson());
        Assert.Null(back.SaveTotalLimit);
    }

    [Fact]
    public void Parse_HuggingFaceNames_AreUnderstood()
    {
        const string json = """
            {"model":"m","dataset":3,"method":"full","objective":"sft","learning_rate":0.005,"lr_scheduler_type":"cosine","warmup_steps":5,"weight_decay":0.01,
             "decay_groups":"uniform","adam_beta1":0.9,"adam_beta2":0.95,"adam_epsilon":1e-8,"max_grad_norm":1.0,"per_device_train_batch_size":2,"gradient_accumulation_steps":2,
             "loss_normalization":"micro_mean","max_steps":20,"max_length":512,"packing":false,"shuffle":false,"seed":1,"logging_steps":1,"save_steps":10,"save_total_limit":3,
             "eval_steps":5,"val_size":0,"dtype":"float32","gradient_checkpointing":false,
             "lora":{"r":8,"lora_alpha":16,"lora_dropout":0.1,"target_modules":"q_proj,v_proj","use_rslora":true,"use_dora":false,"rank_pattern":{"q_proj":4},"alpha_pattern":{},"init_from":"/a"}}
            """;

        var recipe = TrainingRecipe.Parse(json, out var problems)!;

        Assert.Empty(problems);
        Assert.Equal(("3", TrainingMethod.Full, DecayGroups.Uniform, LossNormalization.MicroMean, 20, TrainingDtype.Float32),
            (recipe.Dataset, recipe.Method, recipe.DecayGroups, recipe.LossNormalization, recipe.MaxSteps, recipe.Dtype));
        Assert.Equal(["q_proj", "v_proj"], recipe.Lora.TargetModules);
        Assert.Equal((8, 16.0, 0.1, true, 4, "/a"),
            (recipe.Lora.R, recipe.Lora.LoraAlpha, recipe.Lora.LoraDropout, recipe.Lora.UseRslora, recipe.Lora.RankPattern["q_proj"], recipe.Lora.InitFrom));
    }

    [Fact]
    public void Parse_SeveralWrongFields_NamesEveryOne()
    {
        const string json = """{"model":"m","learning_rat":1,"method":"magic","max_steps":"ten","lora":{"rank":8,"r":1.5},"shuffle":null}""";

        var recipe = TrainingRecipe.Parse(json, out var problems);

        Assert.Null(recipe);
        Assert.Equal(
            ["learning_rat: There is no setting named learning_rat.", "method: method must be one of lora, qlora, dora, full.", "max_steps: max_steps must be a whole number.",
             "lora.rank: There is no setting named lora.rank.", "lora.r: lora.r must be a whole number.", "shuffle: shuffle must not be null."],
            problems.Select(problem => $"{problem.Field}: {problem.Message}"));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("""{"model":"a","model":"b"}""")]
    public void Parse_NoObject_IsOneProblem(string json)
    {
        Assert.Null(TrainingRecipe.Parse(json, out var problems));
        Assert.True(Assert.Single(problems).IsError);
    }

    [Fact]
    public void Preset_Tutorial_CarriesItsNumbersAndSaysWhatMisleads()
    {
        var tutorial = TrainingRecipe.Preset("tutorial") with { Model = "m", Dataset = "1", ValSize = 0 };

        var codes = tutorial.Problems(TrainingRuns.Length(tutorial, 1000)).Select(problem => problem.Code);

        // 250 batches of 4 per epoch, 4 a step: 63 steps, the last one short; 3 epochs.
        Assert.Equal(189, TrainingRuns.Length(tutorial, 1000).Steps);
        Assert.Equal((5e-6, 0.01, 100, 10, 500, 4, 4), (tutorial.LearningRate, tutorial.WeightDecay, tutorial.WarmupSteps, tutorial.LoggingSteps,
            tutorial.SaveSteps, tutorial.PerDeviceTrainBatchSize, tutorial.GradientAccumulationSteps));
        Assert.Equal(["eval_without_split", "lr_low", "target_mapped", "warmup_long", "save_never_fires"], codes);
    }

    [Fact]
    public void Effective_FusedTarget_BecomesItsParts()
    {
        var recipe = Named with { Method = TrainingMethod.Dora, Lora = new LoraSettings { TargetModules = ["query_key_value", "o_proj"] } };

        var effective = recipe.Effective();

        Assert.Equal(["q_proj", "k_proj", "v_proj", "o_proj"], effective.Lora.TargetModules);
        Assert.True(effective.Lora.UseDora);
    }

    [Theory]
    [InlineData("quick_trial")]
    [InlineData("recommended")]
    public void Problems_Presets_HaveNone(string name)
    {
        var recipe = TrainingRecipe.Preset(name) with { Model = "m", Dataset = "1" };

        Assert.Empty(recipe.Problems(TrainingRuns.Length(recipe, 2000)));
    }

    [Fact]
    public void Problems_WrongNumbers_NameTheirFields()
    {
        var recipe = Named with { LearningRate = double.NaN, PerDeviceTrainBatchSize = 0, WarmupRatio = 1, NumTrainEpochs = 0, Lora = new LoraSettings { TargetModules = ["nonsense"] } };

        Assert.Equal(["per_device_train_batch_size", "warmup_ratio", "learning_rate", "num_train_epochs", "lora.target_modules"],
            recipe.Problems(TrainingRuns.Length(Named, 10)).Where(problem => problem.IsError).Select(problem => problem.Field));
    }

    [Fact]
    public void Problems_AgainstSmallData_AreFound()
    {
        var recipe = Named with { WarmupSteps = 50, SaveSteps = 100, ValSize = 0.1, EvalSteps = 90, NumTrainEpochs = 1 };

        Assert.Equal(["val_split_too_small", "warmup_longer_than_run", "save_never_fires", "eval_never_fires"], recipe.Problems(TrainingRuns.Length(recipe, 20)).Select(problem => problem.Code));
    }
}
