using R1Lab.Engine.Datasets;
using R1Lab.Engine.Training;
using R1Lab.Web.Components.Pages.Runs;

namespace R1Lab.Web.Tests.Pages;

/// <summary>What the form does to a recipe when one thing is chosen.</summary>
public sealed class FormRecipeTests
{
    [Fact]
    public void Preset_KeepsWhatWasChosenAndWatchesTheSplit()
    {
        var present = new TrainingRecipe { Model = "m", Dataset = "d", Method = TrainingMethod.Dora, ThinkingPolicy = ThinkingPolicy.AnswerOnly, OverlongRows = OverlongRows.Split, ProbePrompts = ["p"] };

        var recipe = FormRecipe.Preset("recommended", present, null);

        Assert.Equal(("m", "d", TrainingMethod.Dora, ThinkingPolicy.AnswerOnly, OverlongRows.Split), (recipe.Model, recipe.Dataset, recipe.Method, recipe.ThinkingPolicy, recipe.OverlongRows));
        Assert.Equal(["p"], recipe.ProbePrompts);
        Assert.Equal((0.05, true, true), (recipe.ValSize, recipe.LoadBestModelAtEnd, recipe.EarlyStoppingPatience > 0));
    }

    [Theory]
    [InlineData("deepseek-ai/DeepSeek-R1-Distill-Llama-8B", "/data/rows.jsonl", "DeepSeek-R1-Distill-Llama-8B", "rows", null, null)]
    [InlineData("another/model", "", "present", "here", "another/model", null)]
    [InlineData("", "else.jsonl", "present", "here", null, "else.jsonl")]
    [InlineData("Qwen/Qwen3-8B", "", "renamed", "here", null, null)]
    [InlineData("/models/Mine-1B", "", "one of mine", "here", null, null)]
    public void Imported_NamesOfOtherPlaces_BecomeThoseOfThisLabOrAreSaid(
        string model, string dataset, string expectedModel, string expectedDataset, string? missingModel, string? missingDataset)
    {
        var present = new TrainingRecipe { Model = "present", Dataset = "here" };
        (string, string)[] models =
        [
            ("present", "/a"), ("DeepSeek-R1-Distill-Llama-8B", "/b"), ("renamed", "/hub/models--Qwen--Qwen3-8B/snapshots/0123"), ("one of mine", "/srv/Mine-1B"),
        ];

        var choices = FormRecipe.Imported(new TrainingRecipe { Model = model, Dataset = dataset }, present, models, ["here", "rows"]);

        Assert.Equal((expectedModel, expectedDataset), (choices.Recipe.Model, choices.Recipe.Dataset));
        Assert.Equal((missingModel, missingDataset), (choices.MissingModel, choices.MissingDataset));
    }

    [Theory]
    [InlineData(TrainingMethod.Lora, TrainingMethod.Full, 2e-4, 2e-5)]
    [InlineData(TrainingMethod.Full, TrainingMethod.Qlora, 2e-5, 2e-4)]
    [InlineData(TrainingMethod.Lora, TrainingMethod.Dora, 2e-4, 2e-4)]
    public void WithMethod_BringsTheRateAlong(TrainingMethod from, TrainingMethod to, double rate, double expected) =>
        Assert.Equal(expected, FormRecipe.WithMethod(new TrainingRecipe { Method = from, LearningRate = rate }, to).LearningRate, 1e-12);

    [Fact]
    public void WithMethod_LeavingFull_TakesItsOwnSettingsAway()
    {
        var full = new TrainingRecipe { Method = TrainingMethod.Full, FreezeLayers = 8, Optim = OptimizerType.Adamw8Bit };

        var lora = FormRecipe.WithMethod(full, TrainingMethod.Lora);

        Assert.Equal((0, OptimizerType.Adamw), (lora.FreezeLayers, lora.Optim));
    }

    [Fact]
    public void Hold_SplitTurnedOnAndOff_TakesWhatNeedsItAlong()
    {
        var on = EvaluationDefaults.Hold(new TrainingRecipe(), 0.05);
        var off = EvaluationDefaults.Hold(on, 0);

        Assert.Equal((true, 3, 2.0), (on.LoadBestModelAtEnd, on.EarlyStoppingPatience, on.EvalsPerEpoch));
        Assert.Equal(new TrainingRecipe().ToJson(), off.ToJson());
    }

    [Fact]
    public void Hold_AnotherSize_LeavesTheUsersChoices()
    {
        var chosen = new TrainingRecipe { ValSize = 0.1, EvalSteps = 50 };

        Assert.Equal((chosen with { ValSize = 0.2 }).ToJson(), EvaluationDefaults.Hold(chosen, 0.2).ToJson());
        Assert.Null(EvaluationDefaults.Watched(chosen).EvalsPerEpoch);
    }

    [Theory]
    [InlineData(4, 4, 2, 8)]
    [InlineData(4, 4, 1, 16)]
    [InlineData(2, 8, 16, 1)]
    [InlineData(2, 8, 32, 1)]
    [InlineData(4, 2, 3, 3)]
    [InlineData(4, 4, 0, 4)]
    public void MicroBatch_AccumulationKeepsTheRowsOfAStep(int batch, int accumulation, int chosen, int expected) =>
        Assert.Equal((chosen, expected), (Turn(batch, accumulation, chosen).PerDeviceTrainBatchSize, Turn(batch, accumulation, chosen).GradientAccumulationSteps));

    private static TrainingRecipe Turn(int batch, int accumulation, int chosen) =>
        BatchKnob.MicroBatch(new TrainingRecipe { PerDeviceTrainBatchSize = batch, GradientAccumulationSteps = accumulation }, chosen);
}
