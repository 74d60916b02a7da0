using R1Lab.Engine.Training;
using R1Lab.Tests.Shared;

namespace R1Lab.Engine.Tests.Training;

/// <summary>Sizes believed before they are checked: numbers of a recipe that plans would count through, divide or reserve by.</summary>
public sealed class RecipeLimitsTests
{
    private static readonly TrainingRecipe Ordinary = new() { Model = "m", Dataset = "d" };

    public static TheoryData<string> Fields =>
    [
        "per_device_train_batch_size", "per_device_eval_batch_size", "gradient_accumulation_steps", "max_length", "max_steps", "num_train_epochs", "evals_per_epoch", "probe_max_new_tokens",
        "lora.r", "lora.rank_pattern",
    ];

    [Theory, MemberData(nameof(Fields))]
    public void Problems_HugeNumber_IsAnErrorOfThatFieldAtOnce(string field)
    {
        var recipe = With(field);

        Measured.Of<InvalidOperationException>(() =>
        {
            var problem = recipe.Problems().First(one => one.IsError);
            Assert.Equal((field, field.StartsWith("lora.", StringComparison.Ordinal) ? "lora_rank_too_large" : "above_most"), (problem.Field, problem.Code));
        }).Within(TimeSpan.FromSeconds(1), 16 << 20);
    }

    [Fact]
    public void Length_OfTheLongestRunAllowed_IsCountedAtOnce()
    {
        var recipe = Ordinary with { MaxSteps = 10_000_000, EvalsPerEpoch = 10_000, ValSize = 0.1 };

        RunLength? length = null;
        Measured.Of<InvalidOperationException>(() => length = TrainingRuns.Length(recipe, 1_000)).Within(TimeSpan.FromSeconds(3), 16 << 20);

        Assert.Equal((10_000_000, 10_000_000), (length!.Steps, length.Evaluations));
    }

    private static TrainingRecipe With(string field) => field switch
    {
        "per_device_train_batch_size" => Ordinary with { PerDeviceTrainBatchSize = int.MaxValue },
        "per_device_eval_batch_size" => Ordinary with { PerDeviceEvalBatchSize = int.MaxValue },
        "gradient_accumulation_steps" => Ordinary with { GradientAccumulationSteps = int.MaxValue },
        "max_length" => Ordinary with { MaxLength = int.MaxValue },
        "max_steps" => Ordinary with { MaxSteps = int.MaxValue },
        "num_train_epochs" => Ordinary with { NumTrainEpochs = 1e300 },
        "evals_per_epoch" => Ordinary with { EvalsPerEpoch = 1e300 },
        "probe_max_new_tokens" => Ordinary with { ProbeMaxNewTokens = int.MaxValue },
        "lora.r" => Ordinary with { Method = TrainingMethod.Lora, Lora = new() { R = int.MaxValue } },
        _ => Ordinary with { Method = TrainingMethod.Lora, Lora = new() { RankPattern = new Dictionary<string, int> { ["q_proj"] = int.MaxValue } } },
    };
}
