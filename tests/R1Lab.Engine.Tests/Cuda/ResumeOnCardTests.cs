using R1Lab.Engine.Tests.Training;
using R1Lab.Engine.Training;

namespace R1Lab.Engine.Tests.Cuda;

/// <summary>A run that was stopped and resumed on a card ends with the bytes of one that was not.</summary>
public sealed class ResumeOnCardTests : IDisposable
{
    private static readonly TrainingRecipe Dropping = TrainingRuns.Busy with { MaxSteps = 6, LoggingSteps = 1, EvalSteps = 3 };

    private readonly CardRuns _runs = new();

    public static TheoryData<string, string> Cases => new()
    {
        { "lora", "llama_base" },
        { "lora, bfloat16, offloaded", "llama_base" },
        { "packed, float16", "llama_base" },
        { "packed full, bfloat16", "llama_rope3_tied" },
        { "dora, noise", "qwen3" },
        { "qlora, 8-bit moments", "qwen2" },
    };

    public void Dispose() => _runs.Dispose();

    [CardTheory, MemberData(nameof(Cases))]
    public void Run_StoppedAndResumed_IsTheStraightRun(string name, string model)
    {
        var recipe = Recipe(name);
        var (result, straight) = _runs.Run(_runs.Job(recipe, model));
        var bytes = TrainingRuns.WeightsOf(result);

        foreach (var stopAfter in (int[])[1, 4])
        {
            var job = _runs.Job(recipe, model);
            var (stopped, first) = _runs.Run(job, stopAfter);
            var (resumed, rest) = _runs.Run(job);

            Assert.Equal((TrainingOutcome.Stopped, TrainingOutcome.Finished), (stopped.Outcome, resumed.Outcome));
            Assert.Equal(Numbers(straight), Numbers([.. first, .. rest]));
            Assert.Equal(bytes, TrainingRuns.WeightsOf(resumed));
        }
    }

    private static TrainingRecipe Recipe(string name) => name switch
    {
        "lora" => Dropping,
        "lora, bfloat16, offloaded" => Dropping with { Dtype = TrainingDtype.Bfloat16, GradientCheckpointing = true, ActivationOffloading = true },
        "packed, float16" => Dropping with { Dtype = TrainingDtype.Float16, Packing = true, MaxLength = 40 },
        "packed full, bfloat16" => Dropping with { Method = TrainingMethod.Full, LearningRate = 1e-3, Dtype = TrainingDtype.Bfloat16, Packing = true, MaxLength = 40 },
        "dora, noise" => Dropping with { Method = TrainingMethod.Dora, NeftuneNoiseAlpha = 5 },
        "qlora, 8-bit moments" => Dropping with { Method = TrainingMethod.Qlora, Optim = OptimizerType.Adamw8Bit, Lora = Dropping.Lora with { R = 64 } },
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, null),
    };

    private static List<object> Numbers(IEnumerable<StepMetrics> logged) =>
        [.. logged.Select(m => (object)(m.Step, m.Loss, m.GradNorm, m.LearningRate, m.EvalLoss, m.EvalTokenAccuracy, m.LossScale))];
}
