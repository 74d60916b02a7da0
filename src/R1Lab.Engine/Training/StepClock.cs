using System.Diagnostics;
using R1Lab.Engine.Devices;
using static TorchSharp.torch;

namespace R1Lab.Engine.Training;

/// <summary>The parts of an optimizer step. Computing a block again for its gradient belongs to <see cref="Backward"/>.</summary>
internal enum StepPhase { Data, Forward, Backward, Optimizer }

/// <summary>Tells how long each part of a step takes. A card is waited for at every change of phase, so only a measurement should carry a clock.</summary>
internal sealed class StepClock(ComputeDevice device)
{
    private readonly Stopwatch _watch = new();
    private readonly TimeSpan[] _spent = new TimeSpan[Enum.GetValues<StepPhase>().Length];
    private StepPhase _phase;

    /// <summary>The time from here on is that phase's.</summary>
    public void Enter(StepPhase phase)
    {
        Stop();
        _phase = phase;
        _watch.Restart();
    }

    /// <summary>The time from here on is nobody's.</summary>
    public void Stop()
    {
        if (!_watch.IsRunning) return;
        if (device.IsCuda) cuda.synchronize(device.Torch);
        _spent[(int)_phase] += _watch.Elapsed;
        _watch.Reset();
    }

    /// <summary>What each phase took since the last reading.</summary>
    public IReadOnlyDictionary<StepPhase, TimeSpan> Read()
    {
        Stop();
        var spent = Enum.GetValues<StepPhase>().ToDictionary(phase => phase, phase => _spent[(int)phase]);
        Array.Clear(_spent);
        return spent;
    }
}
