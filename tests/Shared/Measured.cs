using System.Diagnostics;

namespace R1Lab.Tests.Shared;

/// <summary>What work on this thread cost, measured from outside: a limit that the work itself reports is no proof.</summary>
internal readonly record struct Measured(TimeSpan Time, long AllocatedBytes)
{
    /// <summary>Runs the work; an exception of the given kind counts as an answer.</summary>
    public static Measured Of<TRefusal>(Action work) where TRefusal : Exception
    {
        var (start, before) = (Stopwatch.GetTimestamp(), GC.GetAllocatedBytesForCurrentThread());
        try
        {
            work();
        }
        catch (TRefusal refusal)
        {
            Assert.InRange(refusal.Message.Length, 1, 10_000);
        }

        return new(Stopwatch.GetElapsedTime(start), GC.GetAllocatedBytesForCurrentThread() - before);
    }

    public void Within(TimeSpan limitOnAnIdleMachine, long bytes)
    {
        Assert.InRange(AllocatedBytes, 0, bytes);
        Assert.InRange(Time, TimeSpan.Zero, Patience.For(limitOnAnIdleMachine));
    }
}
