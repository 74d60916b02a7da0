using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace R1Lab.Engine.Tokenization.Jinja;

/// <summary>
/// What one rendering may use up. A template comes with a downloaded model and is not trusted: it gets so many steps, so much text, memory and
/// time, and is then refused. Everything whose size a template chooses is announced here before it is made.
/// </summary>
internal sealed class RenderLimits
{
    public const int MostSteps = 100_000;
    public const int MostOutputBytes = 1 << 20;

    /// <summary>Characters of one text, or slots of one list; keeps a single operation short.</summary>
    private const long LongestText = 8_000_000;

    /// <summary>Characters made on the way, all in all; a list slot counts four and an object sixteen.</summary>
    private const long MostWork = 32_000_000;

    /// <summary>A second guard, for memory that is not announced.</summary>
    private const long MostAllocatedBytes = 512L << 20;

    /// <summary>Calls of macros within macros.</summary>
    private const int MostCalls = 50;

    /// <summary>Lists within lists, where a value is written or compared; about what Python's own stack allows.</summary>
    private const int DeepestValue = 1000;

    /// <summary>The promise is one second; the clock is checked between operations, so the limit stands a little before it.</summary>
    private static readonly TimeSpan MostTime = TimeSpan.FromSeconds(0.8);

    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly long _allocated = GC.GetAllocatedBytesForCurrentThread();
    private long _work;
    private long _uncheckedEffort;
    private int _steps;
    private int _calls;
    private int _depth;

    /// <summary>One statement, one iteration of a loop, one item a filter visits.</summary>
    public void Step()
    {
        if (++_steps > MostSteps) throw new JinjaException($"the template takes more than {MostSteps} steps");
        Check();
    }

    /// <summary>Announces a text of that length before it is made.</summary>
    public void Make(long length) => Announce(length, 1);

    /// <summary>Announces a list of that many slots before it is made.</summary>
    public void MakeSlots(long count) => Announce(count, 4);

    /// <summary>Announces so many objects (short texts, numbers, pairs) with their slots before they are made.</summary>
    public void MakeObjects(long count) => Announce(count, 16);

    /// <summary>Work that makes nothing, such as comparing texts of that length: counts against the time only.</summary>
    public void Spend(long effort)
    {
        _uncheckedEffort += effort;
        if (_uncheckedEffort < 10_000) return;
        _uncheckedEffort = 0;
        Check();
    }

    /// <summary>Called between operations: observes the clock and the memory used so far.</summary>
    public void Check()
    {
        if (Stopwatch.GetElapsedTime(_started) > MostTime) throw new JinjaException("the template takes too long: it gets one second");
        if (GC.GetAllocatedBytesForCurrentThread() - _allocated > MostAllocatedBytes) throw new JinjaException("the template takes too much memory");
    }

    public void EnterCall()
    {
        if (++_calls > MostCalls) throw new JinjaException($"macros call each other more than {MostCalls} deep");
    }

    public void LeaveCall() => _calls--;

    /// <summary>Called before a value's items are visited, and <see cref="LeaveValue"/> after.</summary>
    public void EnterValue()
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        if (++_depth > DeepestValue) throw new JinjaException($"a value is nested too deeply: {DeepestValue} lists within lists are allowed");
    }

    public void LeaveValue() => _depth--;

    private void Announce(long count, int weight)
    {
        if (count is < 0 or > LongestText) throw TooMuch();
        _work += count * weight;
        if (_work > MostWork) throw TooMuch();
        Check();
    }

    private static JinjaException TooMuch() => new("the template makes too much text on the way");
}
