using System.Globalization;

namespace R1Lab.Tests.Shared;

/// <summary>Stretches a time limit by how busy the machine already was: a shared build machine makes everything wait, not only us.</summary>
internal static class Patience
{
    private static readonly double Stretch = Math.Max(1, LoadPerCore());

    public static TimeSpan For(TimeSpan limitOnAnIdleMachine) => limitOnAnIdleMachine * Stretch;

    private static double LoadPerCore()
    {
        const string loads = "/proc/loadavg";
        if (!File.Exists(loads)) return 1;
        return double.Parse(File.ReadAllText(loads).Split(' ')[0], CultureInfo.InvariantCulture) / Environment.ProcessorCount;
    }
}
