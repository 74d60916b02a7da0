using System.Globalization;

namespace R1Lab.Bench.Training;

/// <summary>One line of the table. Times are medians over the measured steps, in milliseconds.</summary>
internal sealed record TrainingFigures
{
    public required string Model { get; init; }

    public required string Method { get; init; }

    /// <summary><c>r1lab</c> or the peer's name and versions.</summary>
    public required string By { get; init; }

    public required int Batch { get; init; }

    public required int Length { get; init; }

    /// <summary>Whether layers were computed again for their gradients; QLoRA always does.</summary>
    public bool Checkpointing { get; init; }

    /// <summary>Of how many of the first blocks; null: of all.</summary>
    public int? CheckpointedLayers { get; init; }

    /// <summary>Whether the layers' inputs waited in the machine's memory.</summary>
    public bool Offload { get; init; }

    /// <summary>Whether the embedding stayed in the machine's memory.</summary>
    public bool EmbeddingOnHost { get; init; }

    /// <summary>Whether lines held several rows of random lengths; tokens are the rows' own then.</summary>
    public bool Packing { get; init; }

    public required double TokensPerSecond { get; init; }

    /// <summary>Useful operations of the model in 10⁹ a second.</summary>
    public required double ModelGflops { get; init; }

    /// <summary>What the 1024 x 512 x 1376 product reached between the steps, in 10⁹ a second.</summary>
    public required double ProductGflops { get; init; }

    public double PercentOfProduct => 100 * ModelGflops / ProductGflops;

    /// <summary>Percent of the peak that was told for the card.</summary>
    public double? ModelFlopUtilisation { get; init; }

    /// <summary>Most memory the process held at once, loading included.</summary>
    public required double PeakMemoryMb { get; init; }

    /// <summary>Most memory of the card that the allocator held, loading included.</summary>
    public double? PeakDeviceMemoryMb { get; init; }

    /// <summary>Most memory of the card that was in tensors, loading included.</summary>
    public double? PeakDeviceAllocatedMb { get; init; }

    public required double StepMs { get; init; }

    public double? DataMs { get; init; }

    public double? ForwardMs { get; init; }

    public double? BackwardMs { get; init; }

    public double? OptimizerMs { get; init; }

    public int Steps { get; init; }

    public static string Header =>
        $"{"model",-20}{"method",-7}{"way",-5}{"by",-9}{"tokens/s",10}{"GFLOP/s",9}{"product",9}{"share",8}{"MFU",7}{"peak MB",9}{"tensors",9}{"card MB",9}{"ms/step",9}{"forward",9}{"backward",9}{"optimizer",10}{"data",7}";

    // Checkpointing, offloading, embedding on the host, packing.
    private string Way => string.Concat(Checkpointing ? $"c{CheckpointedLayers}" : "", Offload ? "o" : "", EmbeddingOnHost ? "e" : "", Packing ? "p" : "") is { Length: > 0 } way ? way : "-";

    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Model,-20}{Method,-7}{Way,-5}{By.Split(' ')[0],-9}{TokensPerSecond,10:F0}{ModelGflops,9:F1}{ProductGflops,9:F1}{PercentOfProduct,7:F1}%{ModelFlopUtilisation,7:F1}{PeakMemoryMb,9:F0}{PeakDeviceAllocatedMb,9:F0}{PeakDeviceMemoryMb,9:F0}{StepMs,9:F1}{ForwardMs,9:F1}{BackwardMs,9:F1}{OptimizerMs,10:F1}{DataMs,7:F1}");
}
