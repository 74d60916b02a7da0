using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using R1Lab.Engine.Generation;

namespace R1Lab.Web.Serving;

/// <summary>A base, or a base with one adapter, in this process; while it is open the base stays in memory.</summary>
public sealed class LocalEngine : ITextEngine
{
    private readonly string? _adapter;
    private readonly Action _release;
    private readonly GenerationTurns _turns;
    private readonly GenerationEngine _engine;
    private readonly ConcurrentQueue<QueuePlace> _places = [];
    private int _disposed;

    /// <param name="name">The name it was asked for by.</param>
    /// <param name="adapter">The adapter's name inside the engine; null asks the base itself.</param>
    internal LocalEngine(string name, string? adapter, LoadedModel model, GenerationEngine engine, GenerationTurns turns, Action release)
    {
        (_adapter, _engine, _turns, _release) = (adapter, engine, turns, release);
        Vocabulary = model.Vocabulary(name);
        Facts = new EngineFacts(name, model.Fingerprint(adapter), Vocabulary.ThoughtMarks, model.Defaults) { Vocabulary = Vocabulary };
    }

    public EngineFacts Facts { get; }

    public ModelVocabulary Vocabulary { get; }

    /// <summary>Requests of everybody that wait for this base.</summary>
    public int Waiting => _engine.Waiting;

    public void Reserve(int requests, string field)
    {
        if (requests > _engine.MostWaiting)
            throw new AskRefusedException(field, "ask_too_many", $"{field} asks for {requests} answers; one request may ask for {_engine.MostWaiting}.");
        foreach (var place in Take(requests)) _places.Enqueue(place);
    }

    public async IAsyncEnumerable<EngineStep> GenerateAsync(EngineRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // A caller that reads slowly delays no other row: its steps wait here.
        var steps = Channel.CreateUnbounded<EngineStep>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var answer = GenerateAsync(request, step => steps.Writer.TryWrite(new EngineStep(step.Text) { Marks = step.Marks, Token = step }), stop.Token);
        _ = answer.ContinueWith(_ => steps.Writer.Complete(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        try
        {
            await foreach (var step in steps.Reader.ReadAllAsync(CancellationToken.None)) yield return step; // a cancelled answer ends the channel too
            var result = await answer;
            yield return new EngineStep("") { End = new EngineEnd(result.Finish, result.PromptTokens, result.Tokens.Count, result.Elapsed) { Result = result } };
        }
        finally
        {
            await stop.CancelAsync(); // a caller that left frees its row at once
            await Task.WhenAny(answer);
        }
    }

    /// <summary>Waits for the device and answers one request, in a place that was reserved or in one more.</summary>
    /// <param name="onStep">Called for each token from the engine's thread.</param>
    /// <param name="cancellationToken">Ends the answer at the next token.</param>
    /// <exception cref="ModelBusyException">No place was reserved, and too many requests wait already.</exception>
    internal async Task<GenerationResult> GenerateAsync(EngineRequest request, Action<GenerationStep>? onStep, CancellationToken cancellationToken)
    {
        using var place = _places.TryDequeue(out var reserved) ? reserved : Take(1)[0];
        using var turn = await _turns.EnterAsync(Facts.Name, cancellationToken);
        return await _engine.GenerateAsync(new GenerationRequest(request.Prompt, request.Settings, _adapter), place, onStep, cancellationToken);
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        while (_places.TryDequeue(out var unused)) unused.Dispose();
        _release();
    }

    private IReadOnlyList<QueuePlace> Take(int requests) =>
        _engine.TryReserve(requests) ?? throw new ModelBusyException($"{Waiting} requests wait for the model '{Facts.Name}' already.");
}
