using R1Lab.Engine.Adapters;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Modeling;
using R1Lab.Engine.Tests.Modeling;
using R1Lab.Engine.Training;
using R1Lab.Tests.Shared;
using TorchSharp;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Training;

/// <summary>Runs continue from snapshots that an earlier version of the program wrote (tests/Golden/snapshots).</summary>
public sealed class EarlierSnapshotTests : IDisposable
{
    private static readonly TrainingRecipe Recipe = TrainingRuns.Busy with
    {
        Lora = new LoraSettings { R = 1, LoraAlpha = 2, LoraDropout = 0.2, TargetModules = ["q_proj"] },
    };

    private readonly TrainingRuns _runs = new();

    public void Dispose() => _runs.Dispose();

    [Fact]
    public void Run_SnapshotOfTheFirstVersion_EndsAsTheStraightRun()
    {
        using var scope = NewDisposeScope();
        var straight = _runs.Run(_runs.Job(Recipe));
        var job = _runs.Job(Recipe);
        Copy(ReferenceFiles.Golden("snapshots", "lora"), Path.Combine(job.OutputFolder, "snapshots"));
        _runs.Events.Clear();

        var resumed = _runs.Run(job);

        // The snapshot's five steps were computed on another machine: rounding may differ.
        Assert.Equal(5, Assert.Single(_runs.Events, told => told.Kind == TrainingEventKinds.Resumed).Step);
        Assert.Equal(straight.FinalLoss!.Value, resumed.FinalLoss!.Value, 1e-4);
        using var decoder = ModelLoader.Load(job.ModelFolder, ComputeDevice.Cpu);
        using var expected = AdapterSet.Load(decoder, straight.OutputPath);
        using var actual = AdapterSet.Load(decoder, resumed.OutputPath);
        Assert.All(expected.Parameters, pair => Assert.InRange(GoldenTensors.Distance(actual.Parameters[pair.Key], pair.Value), 0, 1e-4));
    }

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.GetFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
