using R1Lab.Engine.Training;

namespace R1Lab.Engine.Tests.Cuda;

/// <summary>float16 with scaled losses on a card.</summary>
public sealed class LossScalingOnCardTests : IDisposable
{
    private static readonly TrainingRecipe Half = CardRuns.Plain with { Dtype = TrainingDtype.Float16 };

    private readonly CardRuns _runs = new();

    public void Dispose() => _runs.Dispose();

    [CardTheory]
    [InlineData("lora", "llama_base")]
    [InlineData("packed lora", "llama_base")]
    [InlineData("nf4", "qwen2")]
    [InlineData("full", "llama_rope3_tied")]
    public void Run_Float16_StartsAsInFloat32AndLearns(string name, string model)
    {
        var recipe = CardRuns.Methods[name];
        var exact = _runs.Steps(recipe, model);

        var logged = _runs.Run(_runs.Job(recipe with { Dtype = TrainingDtype.Float16 }, model)).Logged;

        Assert.InRange(Relative.Distance(logged[0].Loss!.Value, exact[0].Loss), 0, 2e-2);
        Assert.True(logged[^1].Loss < logged[0].Loss);
        Assert.All(logged, m => Assert.Equal(65536 / Math.Pow(2, m.SkippedSteps), m.LossScale));
    }

    [CardFact]
    public void Run_ScaleTooHigh_SkipsUntilGradientsFit()
    {
        var job = _runs.Job(Half with { MaxSteps = 20, SaveSteps = 1 });
        _runs.Run(job, stopAfter: 1);
        SnapshotEdit.Scaler(job, scaler => scaler["scale"] = Math.Pow(2, 24));

        var (result, logged) = _runs.Run(job);

        var skipped = logged.Where(m => m.GradNorm is null).ToList();
        Assert.Equal((TrainingOutcome.Finished, 20), (result.Outcome, result.Step));
        Assert.InRange(skipped.Count, 1, 12);
        Assert.Equal(skipped.Select(m => m.Step), _runs.Events.Where(e => e.Kind == TrainingEventKinds.StepSkipped && e.Step > 1).Select(e => e.Step));
        Assert.Equal(Math.Pow(2, 24 - skipped.Count), logged[^1].LossScale);
    }
}
