using System.Runtime.CompilerServices;
using System.Threading.Channels;
using R1Lab.Engine.Generation;
using R1Lab.Web.Running;

namespace R1Lab.Web.Api.OpenAi;

/// <summary>One thing that happened to one choice: a token, or its end.</summary>
public readonly record struct ChoiceEvent(int Index, GenerationStep? Step, GenerationResult? Result);

/// <summary>Runs the choices of one request side by side and hands on what happens in the order it happens.</summary>
public sealed class GenerationRace(ModelSession session, IReadOnlyList<GenerationRequest> choices)
{
    // A client that reads slowly holds up to this many tokens; then its rows wait for nobody: the pieces are joined by the writer.
    private readonly Channel<ChoiceEvent> _events = Channel.CreateUnbounded<ChoiceEvent>(new UnboundedChannelOptions { SingleReader = true });

    /// <summary>Every choice with its own seed: the first keeps the one that was asked for.</summary>
    public static IReadOnlyList<GenerationRequest> Choices(ModelSession session, IReadOnlyList<int> prompt, GenerationSettings settings, int count) =>
        [.. Enumerable.Range(0, count).Select(i => new GenerationRequest(prompt, settings with { Seed = settings.Seed + i }, session.Adapter))];

    public async Task<IReadOnlyList<GenerationResult>> ResultsAsync(CancellationToken cancellation) =>
        await Task.WhenAll(choices.Select(c => session.GenerateAsync(c, null, cancellation)));

    public async IAsyncEnumerable<ChoiceEvent> EventsAsync(EventStream stream, [EnumeratorCancellation] CancellationToken cancellation)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var running = RunAsync(stop.Token);
        try
        {
            while (await stream.AwaitAsync(_events.Reader.WaitToReadAsync(cancellation).AsTask(), cancellation))
            {
                while (_events.Reader.TryRead(out var next)) yield return next;
            }

            await running;
        }
        finally
        {
            await stop.CancelAsync(); // a client that left frees its rows at once
        }
    }

    private async Task RunAsync(CancellationToken cancellation)
    {
        try
        {
            await Task.WhenAll(choices.Select((choice, index) => RunOneAsync(choice, index, cancellation)));
            _events.Writer.Complete();
        }
        catch (Exception e)
        {
            _events.Writer.Complete(e);
        }
    }

    private async Task RunOneAsync(GenerationRequest choice, int index, CancellationToken cancellation)
    {
        var result = await session.GenerateAsync(choice, step => _events.Writer.TryWrite(new ChoiceEvent(index, step, null)), cancellation);
        _events.Writer.TryWrite(new ChoiceEvent(index, null, result));
    }
}
