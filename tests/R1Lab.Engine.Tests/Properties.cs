using System.Globalization;
using CsCheck;

namespace R1Lab.Engine.Tests;

/// <summary>
/// Properties of generated cases, the same ones wherever and whenever the tests run: CsCheck's own seed settles no more than its first case. R1LAB_FUZZ asks for so many
/// cases that nobody has seen instead; CsCheck_Seed for the one that a failure named.
/// </summary>
internal static class Properties
{
    private const int Start = 20_260_101;

    public static void Hold<T>(this Gen<T> generator, Action<T> property, int cases = 100, Func<T, string>? print = null)
    {
        if (Environment.GetEnvironmentVariable("R1LAB_FUZZ") is { } wanted) generator.Sample(property, iter: long.Parse(wanted, CultureInfo.InvariantCulture), print: print);
        else if (Check.Seed is not null) generator.Sample(property, iter: 1, print: print);
        else HoldRepeatably(generator, property, cases, print);
    }

    public static void HoldRepeatably<T>(Gen<T> generator, Action<T> property, int cases, Func<T, string>? print = null)
    {
        var random = new Random(Start);
        for (var i = 0; i < cases; i++)
        {
            var seed = new PCG((uint)random.Next(), (ulong)random.NextInt64()).ToString();
            try
            {
                generator.Sample(property, seed: seed, iter: 1, threads: 1, print: print);
            }
            catch (CsCheckException)
            {
                // Fails again, this time with the smallest case found beside it.
                generator.Sample(property, seed: seed, iter: cases, print: print);
                throw;
            }
        }
    }
}
