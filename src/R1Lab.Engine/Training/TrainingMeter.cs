using System.Diagnostics;
using R1Lab.Engine.Devices;

namespace R1Lab.Engine.Training;

/// <summary>Measures speed and memory between two logged steps.</summary>
internal sealed class TrainingMeter(ComputeDevice device)
{
    private readonly Stopwatch _watch = new();
    private int _steps;
    private long _tokens;

    /// <summary>Times a step; what happens between steps (evaluation, snapshots) is not counted.</summary>
    public T Step<T>(int tokens, Func<T> step)
    {
        _watch.Start();
        try
        {
            return step();
        }
        finally
        {
            _watch.Stop();
            (_steps, _tokens) = (_steps + 1, _tokens + tokens);
        }
    }

    /// <summary>Seconds a step, tokens a second, memory now and a card with its peaks; begins anew.</summary>
    public (double SecondsPerStep, double TokensPerSecond, long MemoryBytes, CudaMemory? Card) Read()
    {
        var seconds = _watch.Elapsed.TotalSeconds;
        var reading = (_steps == 0 ? 0 : seconds / _steps, seconds > 0 ? _tokens / seconds : 0, Environment.WorkingSet, Card());
        _watch.Reset();
        (_steps, _tokens) = (0, 0);
        return reading;
    }

    private CudaMemory? Card()
    {
        if (!device.IsCuda) return null;
        var card = CudaMemory.Read(device.Index);
        CudaMemory.ResetPeak(device.Index);
        return card;
    }
}
