namespace R1Lab.Engine.Datasets;

/// <summary>Numbers that depend on their seed alone: the same on every machine and in every version of the runtime.</summary>
public static class SeededShuffle
{
    /// <summary>A shuffled order of 0..count-1 (Fisher-Yates over SplitMix64).</summary>
    public static int[] Order(int count, params ReadOnlySpan<long> seed)
    {
        var order = Enumerable.Range(0, count).ToArray();
        var state = Mix(seed);
        for (var i = count - 1; i > 0; i--)
        {
            state += 0x9E3779B97F4A7C15;
            var j = (int)(((UInt128)Finish(state) * (ulong)(i + 1)) >> 64);
            (order[i], order[j]) = (order[j], order[i]);
        }

        return order;
    }

    /// <summary>One seed out of several numbers (a run's seed, a step, a micro-batch).</summary>
    public static ulong Mix(params ReadOnlySpan<long> parts)
    {
        ulong state = 0x243F6A8885A308D3;
        foreach (var part in parts) state = Finish(state + 0x9E3779B97F4A7C15 + (ulong)part);
        return state;
    }

    // SplitMix64, Steele, Lea and Flood 2014.
    private static ulong Finish(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
