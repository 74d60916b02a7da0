using R1Lab.Engine.Modeling;
using R1Lab.Engine.Training;
using static TorchSharp.torch;

namespace R1Lab.Engine.Devices;

/// <summary>What a run writes, in bytes, and whether the output volume has room for it at the moment that needs most.</summary>
/// <param name="SnapshotBytes">One snapshot: master weights and moments of what is trained.</param>
/// <param name="Snapshots">At most so many at once: those that are kept, and the one that is being written before an old one goes.</param>
/// <param name="ResultBytes">The adapter, or the whole model.</param>
/// <param name="MergedBytes">A model with the adapter worked in, when one is wanted; else 0.</param>
/// <param name="FreeBytes">Free on the volume.</param>
public sealed record DiskPlan(long SnapshotBytes, int Snapshots, long ResultBytes, long MergedBytes, long FreeBytes)
{
    public long TotalBytes => (SnapshotBytes * Snapshots) + ResultBytes + MergedBytes;

    public bool Fits => TotalBytes <= FreeBytes;

    public long SpareBytes => FreeBytes - TotalBytes;

    /// <param name="recipe">The recipe as the user wrote it.</param>
    /// <param name="totalSteps">Optimizer steps of the run; snapshots are made between them, never behind the last.</param>
    /// <param name="freeBytes">Free on the output volume (<see cref="Checkpoints.DurableFile.FreeBytes"/>).</param>
    /// <param name="isCuda">Decides the type that <c>auto</c> means.</param>
    /// <param name="merge">A merged model will be written too.</param>
    public static DiskPlan Of(TrainingRecipe recipe, DecoderConfig model, int totalSteps, long freeBytes, bool isCuda, bool merge = false)
    {
        var effective = recipe.Effective();
        var counts = ModelCounts.Of(effective, model);
        var dtype = Trainables.DtypeOf(recipe.Dtype, isCuda ? new ComputeDevice(TorchSharp.DeviceType.CUDA) : ComputeDevice.Cpu);
        var whole = model.ParameterCount * (dtype == ScalarType.Float32 ? 4 : 2);
        var full = recipe.Method == TrainingMethod.Full;
        return new DiskPlan(StorageBytes.Snapshot(recipe, counts), MostSnapshots(recipe, totalSteps), full ? whole : counts.Adapter * 4, merge && !full ? whole : 0, freeBytes);
    }

    private static int MostSnapshots(TrainingRecipe recipe, int totalSteps)
    {
        var made = Math.Max(0, totalSteps - 1) / Math.Max(1, recipe.SaveEvery(totalSteps));
        var best = recipe.LoadBestModelAtEnd ? 1 : 0;
        return recipe.SaveTotalLimit is { } limit ? Math.Min(made + best, limit + 1 + best) : made + best;
    }
}
