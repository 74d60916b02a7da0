using System.Runtime.CompilerServices;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Generation;
using R1Lab.Engine.Tokenization;
using R1Lab.Web.Serving;

namespace R1Lab.Web.Tests.Serving;

/// <summary>Answers every request with the same pieces of text.</summary>
internal sealed class ScriptedEngine(params string[] pieces) : ITextEngine
{
    public EngineFacts Facts { get; } = new("scripted", null, ThoughtMarks.InText, new GenerationDefaults(new EndTokens(null, null, null), null, null, false, 1, 1, 0, null));

    /// <summary>Called before each piece and before the end.</summary>
    public Action? BeforePiece { get; init; }

    /// <summary>Awaited before the piece of this number.</summary>
    public Func<int, CancellationToken, Task>? Wait { get; init; }

    /// <summary>Answers being generated now.</summary>
    public int Running => _running;

    public bool IsDisposed { get; private set; }

    private int _running;

    public void Reserve(int requests, string field) { }

    public async IAsyncEnumerable<EngineStep> GenerateAsync(EngineRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _running);
        try
        {
            foreach (var (number, piece) in pieces.Index())
            {
                if (Wait is not null) await Wait(number, cancellationToken);
                BeforePiece?.Invoke();
                yield return new EngineStep(piece);
            }

            BeforePiece?.Invoke();
            yield return new EngineStep("") { End = new EngineEnd(FinishReason.Stop, null, pieces.Length, TimeSpan.Zero) };
        }
        finally
        {
            Interlocked.Decrement(ref _running);
        }
    }

    public void Dispose() => IsDisposed = true;
}
