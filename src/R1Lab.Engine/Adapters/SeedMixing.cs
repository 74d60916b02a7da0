namespace R1Lab.Engine.Adapters;

/// <summary>Spreads seeds so that neighbours have nothing in common (the finaliser of SplitMix64, public domain).</summary>
internal static class SeedMixing
{
    public static ulong Mix(ulong value)
    {
        value += 0x9E3779B97F4A7C15;
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
        return value ^ (value >> 31);
    }

    public static ulong Mix(ulong first, ulong second) => Mix(Mix(first) ^ second);
}
