using R1Lab.Engine.Adapters;

namespace R1Lab.Engine.Generation;

/// <summary>
/// Random numbers of one request: the n-th number follows from seed and n alone, so a reply does not depend on what runs beside it.
/// </summary>
public sealed class CounterRandom(long seed)
{
    private ulong _drawn;

    public long Seed => seed;

    /// <summary>The next number in [0, 1), with 53 random bits.</summary>
    public double Next() => (SeedMixing.Mix((ulong)seed, _drawn++) >> 11) * (1.0 / (1UL << 53));
}
