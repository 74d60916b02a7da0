using System.Diagnostics;
using System.Text.Json;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Modeling;

namespace R1Lab.Bench.Memory;

/// <summary>One recipe's plan beside what a fresh process really took, in the machine's memory or on a card.</summary>
/// <param name="Plan">Calculated with the program's own memory as that process had it before the model, on a card with none: its allocator does not count the context.</param>
internal sealed record MemoryRow(string Name, MemoryPlan Plan, MeasuredRun Measured)
{
    /// <summary>How the program calls itself for a row.</summary>
    public const string Verb = "memory-row";

    /// <summary>What the plan is off, as a share of what was measured.</summary>
    public double Error => (double)Plan.TotalBytes / Peak - 1;

    /// <summary>The most bytes of the process; on a card what its allocator held.</summary>
    public long Peak => Measured.Device?.Reserved ?? Measured.Peak;

    /// <summary>The same of what the run added to the program.</summary>
    public double ErrorBeyondProgram => (double)(Plan.TotalBytes - Measured.Baseline) / (Measured.Peak - Measured.Baseline) - 1;

    /// <summary>Bytes of tensors and program alone, what a heap that gives everything back at once would hold.</summary>
    public long PlannedTensors => Plan.TotalBytes - Plan.BytesOf(MemoryPart.Overhead);

    /// <summary>What the plan's tensors are off from those that were there, on a card.</summary>
    public double? ErrorOfTensors => Measured.Device is { } card ? (double)PlannedTensors / card.Allocated - 1 : null;

    /// <summary>Trains in a fresh process and plans for the same.</summary>
    /// <param name="place">A case's place in <see cref="MemoryCase.All"/>.</param>
    /// <param name="steps">Optimizer steps.</param>
    /// <param name="exact">The C heap keeps nothing: every tensor is mapped for itself and unmapped when it goes. Slower, and what is resident is what is alive.</param>
    /// <param name="device">Null: the CPU.</param>
    public static MemoryRow Of(int place, string modelFolder, int steps = 4, bool exact = false, ComputeDevice? device = null)
    {
        var one = MemoryCase.All[place].WithSteps(steps);
        var config = DecoderConfig.Parse(ModelFolder.Open(modelFolder).ConfigJson, modelFolder);
        var measured = InFreshProcess([Verb, $"{place}", modelFolder, $"{steps}", device?.IsCuda == true ? "cuda" : "cpu"], exact);
        var facts = one.Facts with { RuntimeBytes = measured.Device is null ? measured.Baseline : 0 };
        return new MemoryRow(one.Name, MemoryPlan.Of(one.Recipe, config, facts, DeviceCapacity.Read(device ?? ComputeDevice.Cpu)), measured);
    }

    /// <summary>The fresh process's part.</summary>
    public static int Run(int place, string modelFolder, int steps, ComputeDevice device)
    {
        var one = MemoryCase.All[place].WithSteps(steps);
        var config = DecoderConfig.Parse(ModelFolder.Open(modelFolder).ConfigJson, modelFolder);
        var measured = MeasuredRun.Of(one.Recipe, modelFolder, MeasuredRun.RandomRows(one.Rows, one.RowLength, config.VocabSize), device);
        Console.WriteLine(JsonSerializer.Serialize(measured, MeasuredRun.Json));
        return 0;
    }

    private static MeasuredRun InFreshProcess(IEnumerable<string> words, bool exact)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(MemoryRow).Assembly.Location, .. words]) { RedirectStandardOutput = true, UseShellExecute = false };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet") start.FileName = Environment.ProcessPath!;
        if (exact) (start.Environment["MALLOC_MMAP_THRESHOLD_"], start.Environment["MALLOC_MMAP_MAX_"], start.Environment["MALLOC_TRIM_THRESHOLD_"]) = ("65536", "1000000", "65536");
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0) throw new InvalidOperationException($"The measured process ended with {process.ExitCode}.");
        return JsonSerializer.Deserialize<MeasuredRun>(output, MeasuredRun.Json)!;
    }
}
