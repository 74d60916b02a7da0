using System.Runtime.ExceptionServices;
using System.Text.Json;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Training;
using TorchSharp;

namespace R1Lab.Bench;

/// <summary>What a training run in this process did and how much memory it took.</summary>
/// <param name="Baseline">Resident bytes with runtime and tensor library loaded and used, before the model.</param>
/// <param name="Peak">The most resident bytes of the whole process.</param>
/// <param name="PeakPrivate">The part of it that is not file pages, as last seen between steps.</param>
/// <param name="Device">The most of the card over the whole run, loading included; null on the CPU.</param>
internal sealed record MeasuredRun(long Baseline, long Peak, long PeakPrivate, DevicePeak? Device, IReadOnlyList<MeasuredStep> Steps)
{
    public static JsonSerializerOptions Json { get; } = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true };

    /// <summary>Trains by the product's own trainer and watches.</summary>
    /// <param name="each">Told every step.</param>
    public static MeasuredRun Of(TrainingRecipe recipe, string modelFolder, IReadOnlyList<TokenExample> rows, ComputeDevice device, Action<MeasuredStep>? each = null)
    {
        var output = Directory.CreateTempSubdirectory("r1lab-bench-").FullName;
        try
        {
            WarmUp();
            var baseline = ProcessMemory.Now().Resident;
            var steps = new List<MeasuredStep>();
            DevicePeak? most = null;
            var observer = new TrainingObserver
            {
                // The peaks of a card begin anew after loading and at every step: the events before the first step tell of what came before.
                OnEvent = _ => most = DevicePeak.Most(most, DevicePeak.Now(device)),
                OnMetrics = metrics =>
                {
                    var memory = ProcessMemory.Now();
                    var card = metrics is { DeviceAllocatedBytes: { } allocated, DeviceMemoryBytes: { } reserved } ? new DevicePeak(allocated, reserved) : null;
                    most = DevicePeak.Most(most, card);
                    steps.Add(new MeasuredStep(metrics.Step, metrics.Loss ?? double.NaN, metrics.GradNorm ?? double.NaN, metrics.SecondsPerStep, memory.Peak, memory.Resident - memory.Mapped, card));
                    each?.Invoke(steps[^1]);
                },
            };
            OnItsOwnThread(() => new Trainer(new TrainingJob(recipe, modelFolder, output, rows, [], device), observer).Run(CancellationToken.None));
            return new MeasuredRun(baseline, ProcessMemory.Now().Peak, steps.Max(step => step.Private), most, steps);
        }
        finally
        {
            Directory.Delete(output, recursive: true);
        }
    }

    /// <summary>Rows of random tokens, every one of them learned.</summary>
    public static IReadOnlyList<TokenExample> RandomRows(int rows, int length, int vocabulary, int seed = 1)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, rows).Select(row =>
        {
            var ids = Enumerable.Range(0, length).Select(_ => random.Next(vocabulary)).ToArray();
            return new TokenExample(ids, ids, row);
        })];
    }

    // The product trains on a thread that is not the program's first: memory comes from another heap there.
    private static void OnItsOwnThread(Action work)
    {
        ExceptionDispatchInfo? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                work();
            }
            catch (Exception e)
            {
                failure = ExceptionDispatchInfo.Capture(e);
            }
        });
        thread.Start();
        thread.Join();
        failure?.Throw();
    }

    // One small product each way: libraries load their kernels and threads start before anything is counted.
    private static void WarmUp()
    {
        using var scope = torch.NewDisposeScope();
        foreach (var dtype in new[] { torch.ScalarType.Float32, torch.ScalarType.BFloat16 })
        {
            var x = torch.ones(64, 64, dtype: dtype, requires_grad: true);
            x.matmul(x).sum().backward();
        }
    }
}

/// <summary>One optimizer step.</summary>
/// <param name="Peak">The most resident bytes of the process so far.</param>
/// <param name="Private">Resident bytes that are no file's, after the step.</param>
/// <param name="Device">The most of the card in this step; null on the CPU.</param>
internal sealed record MeasuredStep(int Step, double Loss, double GradNorm, double Seconds, long Peak, long Private, DevicePeak? Device);
