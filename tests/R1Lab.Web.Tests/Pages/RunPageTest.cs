using Microsoft.Extensions.DependencyInjection;
using R1Lab.Data.Runs;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Training;
using R1Lab.Tests.Shared;
using R1Lab.Web.Options;
using R1Lab.Web.Serving;
using R1Lab.Web.Training;

namespace R1Lab.Web.Tests.Pages;

/// <summary>The pages about runs with the real queue; no worker takes anything from it.</summary>
public abstract class RunPageTest : PageTest
{
    protected RunPageTest(string language = "en") : base(language)
    {
        Services.AddSingleton<IGpuMonitor>(new NoCards());
        Services.AddLabRunning();
        Services.AddSingleton<ModelLibrary>();
        Services.AddSingleton<GenerationTurns>();
        Services.AddSingleton<ModelHost>();
        Services.Configure<LabOptions>(lab => lab.DataFolder = Folder);
    }

    protected Task<Run> AddRunAsync(string name, int totalSteps = 100) => Get<RunStore>().CreateAsync(
        Actors.Lab, new NewRun(name, new TrainingRecipe { Name = name, Model = "demo", Dataset = "sums" }.ToJson(), "demo") { DatasetName = "sums", OwnerName = "Li", TotalSteps = totalSteps },
        TestContext.Current.CancellationToken);

    /// <summary>Takes the run from the queue and logs steps 1 to <paramref name="steps"/>, the loss falling from 2.</summary>
    protected async Task TrainAsync(Run run, int steps)
    {
        await Get<RunStore>().ClaimNextAsync(Actors.Lab, TestContext.Current.CancellationToken);
        var metrics = Enumerable.Range(1, steps).Select(step => Metric(run, step)).ToList();
        await Get<RunStore>().AppendAsync(Actors.Lab, run.Id, metrics.ConvertAll(metric => metric.Stored(run.Id)), [new RunEvent { Kind = "started", Message = "Training.", At = DateTimeOffset.UtcNow, ArgumentsJson = "[90,10,100,4096]" }], TestContext.Current.CancellationToken);
    }

    /// <summary>A machine without a card, whatever the one that runs the test has.</summary>
    private sealed class NoCards : IGpuMonitor
    {
        public R1Lab.Engine.Problem? Absence { get; } = new("gpu_no_driver", "", R1Lab.Engine.ProblemSeverity.Note, "none");

        public IReadOnlyList<GpuReading> Read() => [];
    }

    protected static StepMetrics Metric(Run run, int step) => new()
    {
        Step = step,
        TotalSteps = run.TotalSteps,
        Loss = 2.0 / step,
        GradNorm = 1,
        LearningRate = 1e-4,
        TokensPerSecond = 1234,
        SecondsPerStep = 2,
        MemoryBytes = 1L << 30,
        At = DateTimeOffset.UtcNow,
    };
}
