using System.Text.Json.Nodes;
using R1Lab.Engine.Training;
using R1Lab.Tests.Shared;

namespace R1Lab.Engine.Tests.Training;

public sealed class LearningRateScheduleTests
{
    [Theory]
    [InlineData("lora_token_sum")]
    [InlineData("dora_token_sum")]
    [InlineData("full_qwen3_hf_decay_groups")]
    public void At_Cosine_IsTransformersSchedule(string golden)
    {
        var json = JsonNode.Parse(File.ReadAllText(ReferenceFiles.Golden("huggingface", "golden", "train", $"{golden}.json")))!;
        var config = json["config"]!;
        var recipe = new TrainingRecipe { LearningRate = (double)config["lr"]!, LrSchedulerType = SchedulerType.Cosine, WarmupSteps = (int)config["warmup"]! };
        var schedule = new LearningRateSchedule(recipe, (int)config["steps"]!);

        var rates = json["steps"]!.AsArray().Select(step => schedule.At((int)step!["step"]!));

        Assert.Equal(json["steps"]!.AsArray().Select(step => (double)step!["lr"]!), rates, (a, b) => Math.Abs(a - b) <= 1e-15);
    }

    // 10 steps, 2 of warm-up, rate 1: the lambdas of transformers' optimization.py worked out by hand for steps 1, 3, 6 and 10.
    [Theory]
    [InlineData(SchedulerType.Linear, 0, 1, 0.625, 0.125)]
    [InlineData(SchedulerType.Cosine, 0, 1, 0.691341716182545, 0.03806023374435663)]
    [InlineData(SchedulerType.CosineWithRestarts, 0, 1, 0.1464466094067263, 0.1464466094067263)]
    [InlineData(SchedulerType.CosineWithMinLr, 0, 1, 0.7222075445642905, 0.13425421036992097)]
    [InlineData(SchedulerType.Polynomial, 0, 1, 0.4515625, 0.1140625)]
    [InlineData(SchedulerType.Constant, 1, 1, 1, 1)]
    [InlineData(SchedulerType.ConstantWithWarmup, 0, 1, 1, 1)]
    [InlineData(SchedulerType.InverseSqrt, 0, 1, 0.6324555320336759, 0.4714045207910317)]
    public void At_EveryType_FollowsItsFormula(SchedulerType type, double first, double third, double sixth, double tenth)
    {
        var kwargs = type switch
        {
            SchedulerType.CosineWithRestarts => new SchedulerSettings { NumCycles = 2 },
            SchedulerType.CosineWithMinLr => new SchedulerSettings { MinLrRate = 0.1 },
            SchedulerType.Polynomial => new SchedulerSettings { LrEnd = 0.1, Power = 2 },
            _ => new SchedulerSettings(),
        };
        var recipe = new TrainingRecipe { LearningRate = 1, LrSchedulerType = type, LrSchedulerKwargs = kwargs, WarmupSteps = 2 };
        var schedule = new LearningRateSchedule(recipe, 10);

        Assert.Equal([first, third, sixth, tenth], new[] { 1, 3, 6, 10 }.Select(schedule.At), (a, b) => Math.Abs(a - b) < 1e-12);
    }

    [Fact]
    public void At_WarmupRatio_IsRoundedUp()
    {
        var schedule = new LearningRateSchedule(new TrainingRecipe { LearningRate = 1, WarmupRatio = 0.15 }, 10);

        // 1.5 steps become 2.
        Assert.Equal([0, 0.5, 1], new[] { 1, 2, 3 }.Select(schedule.At));
    }
}
