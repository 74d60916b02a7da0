using System.Collections.Concurrent;
using R1Lab.Engine.Generation;
using R1Lab.Web.Api;

namespace R1Lab.Web.Running;

/// <summary>The right to ask one model (a base, or a base with one adapter); while it is open the base stays in memory.</summary>
public sealed class ModelSession : ModelVocabulary, IDisposable
{
    private readonly Action _release;
    private readonly GenerationTurns _turns;
    private readonly GenerationEngine _engine;
    private readonly ConcurrentQueue<QueuePlace> _places = [];
    private int _disposed;

    internal ModelSession(string name, string? adapter, LoadedModel model, GenerationEngine engine, GenerationTurns turns, Action release)
        : base(name, model.Text, model.Defaults, model.Decoder.Config.VocabSize, model.Decoder.Config.MaxPositions)
    {
        (Adapter, _engine, _turns, _release) = (adapter, engine, turns, release);
        Fingerprint = model.Fingerprint(adapter);
    }

    /// <summary>The adapter's name inside the engine; null asks the base itself.</summary>
    public string? Adapter { get; }

    /// <summary>Requests of everybody that wait for this base.</summary>
    public int Waiting => _engine.Waiting;

    /// <summary>Hash of base, adapter, tokenizer and template; stored with every answer that is kept.</summary>
    public string Fingerprint { get; }

    /// <summary>Takes places in the queue for requests that follow, so that either all of them are answered or none.</summary>
    /// <param name="requests">How many one client sends at once.</param>
    /// <param name="field">The field that asked for so many.</param>
    /// <exception cref="ApiFieldException">More than ever wait: no later time is better.</exception>
    /// <exception cref="ModelBusyException">Too many requests wait already.</exception>
    public void Reserve(int requests, string field)
    {
        if (requests > _engine.MostWaiting)
            throw new ApiFieldException(field, $"{field} asks for {requests} answers; one request may ask for {_engine.MostWaiting}.");
        foreach (var place in Take(requests)) _places.Enqueue(place);
    }

    /// <summary>Waits for the device and answers one request, in a place that was reserved or in one more.</summary>
    /// <param name="request">With this session's <see cref="Adapter"/>.</param>
    /// <param name="onStep">Called for each token from the engine's thread.</param>
    /// <param name="cancellation">Ends the answer at the next token.</param>
    /// <exception cref="ModelBusyException">No place was reserved, and too many requests wait already.</exception>
    public async Task<GenerationResult> GenerateAsync(GenerationRequest request, Action<GenerationStep>? onStep, CancellationToken cancellation)
    {
        using var place = _places.TryDequeue(out var reserved) ? reserved : Take(1)[0];
        using var turn = await _turns.EnterAsync(Name, cancellation);
        return await _engine.GenerateAsync(request, place, onStep, cancellation);
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        while (_places.TryDequeue(out var unused)) unused.Dispose();
        _release();
    }

    private IReadOnlyList<QueuePlace> Take(int requests) =>
        _engine.TryReserve(requests) ?? throw new ModelBusyException($"{Waiting} requests wait for the model '{Name}' already.");
}
