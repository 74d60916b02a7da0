using R1Lab.Engine.Adapters;
using R1Lab.Engine.Checkpoints;

namespace R1Lab.Engine.Generation;

/// <summary>An adapter in memory and how many requests still use it: removed from the list at once, freed after the last of them.</summary>
internal sealed class LoadedAdapter(AdapterSet set, string fingerprint)
{
    private readonly Lock _gate = new();
    private int _uses = 1;

    public AdapterSet Set => set;

    public string Fingerprint => fingerprint;

    /// <summary>Of its folder; null where it did not come from one.</summary>
    public FileStamps? Stamps { get; init; }

    public LoadedAdapter Use()
    {
        lock (_gate) _uses++;
        return this;
    }

    public void Release()
    {
        lock (_gate)
        {
            if (--_uses > 0) return;
        }

        set.Dispose();
    }
}
