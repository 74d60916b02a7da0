namespace R1Lab.Engine.Generation;

/// <summary>
/// A place in the queue of one engine for a request that is yet to come, so that what waits elsewhere first, for the device say, is counted too.
/// The request takes it over; a place that no request took is given back by <see cref="Dispose"/>.
/// </summary>
public sealed class QueuePlace : IDisposable
{
    private readonly GenerationEngine _engine;

    internal QueuePlace(GenerationEngine engine) => _engine = engine;

    /// <summary>Under the engine's lock: whether the place still counts.</summary>
    internal bool IsHeld { get; set; } = true;

    public void Dispose() => _engine.GiveBack(this);
}
