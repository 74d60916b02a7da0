using System.Diagnostics;

namespace R1Lab.Engine.Tokenization.Jinja;

/// <summary>
/// What one rendering may use up. A template comes with a downloaded model and is not trusted: it gets so many steps, so much text and so much
/// time, and is then refused.
/// </summary>
internal sealed class RenderLimits
{
    public const int MostSteps = 100_000;
    public const int MostOutputBytes = 1 << 20;

    /// <summary>Characters and list places made on the way, all in all.</summary>
    private const long MostWork = 32_000_000;

    /// <summary>Calls of macros within macros.</summary>
    private const int MostCalls = 50;

    /// <summary>The promise is one second; the clock is looked at between operations, so the limit stands a little before it.</summary>
    private static readonly TimeSpan MostTime = TimeSpan.FromSeconds(0.8);

    private readonly long _started = Stopwatch.GetTimestamp();
    private long _work;
    private long _workAtLastLook;
    private int _steps;
    private int _calls;

    /// <summary>One statement, one round of a loop, one item a filter looks at.</summary>
    public void Step()
    {
        if (++_steps > MostSteps) throw new JinjaException($"the template takes more than {MostSteps} steps");
        if (_steps % 256 == 0) CheckTime();
    }

    public void Steps(int count)
    {
        for (; count > 0; count--) Step();
    }

    /// <summary>Announces a text or list of that length before it is made.</summary>
    public void Make(long length)
    {
        _work += length;
        if (length < 0 || _work > MostWork) throw new JinjaException("the template makes too much text on the way");
        if (_work - _workAtLastLook < 100_000) return;
        _workAtLastLook = _work;
        CheckTime();
    }

    public void EnterCall()
    {
        if (++_calls > MostCalls) throw new JinjaException($"macros call each other more than {MostCalls} deep");
    }

    public void LeaveCall() => _calls--;

    private void CheckTime()
    {
        if (Stopwatch.GetElapsedTime(_started) > MostTime) throw new JinjaException("the template takes too long: it gets one second");
    }
}
