using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text;
using System.Threading.Channels;
using R1Lab.Engine.Generation;
using R1Lab.Engine.Tokenization;

namespace R1Lab.Web.Serving;

/// <summary>The answers to one ask, generated side by side as soon as they are read. Read them once, with one of the two methods.</summary>
public sealed class OpenAnswers(ITextEngine engine, IReadOnlyList<PlannedAnswer> planned) : IDisposable
{
    public EngineFacts Facts => engine.Facts;

    /// <summary>What is asked for, one each answer; the answers to one prompt stand together.</summary>
    public IReadOnlyList<PlannedAnswer> Planned => planned;

    /// <summary>Everything that happens to the answers, in the order in which it happens.</summary>
    /// <param name="cancellationToken">Ends all of them.</param>
    public IAsyncEnumerable<AnswerUpdate> UpdatesAsync(CancellationToken cancellationToken) =>
        planned.Count == 1 ? UpdatesAsync(0, cancellationToken) : MergedAsync(cancellationToken);

    /// <summary>The finished answers, in the order of <see cref="Planned"/>.</summary>
    public async Task<IReadOnlyList<FinishedAnswer>> FinishAsync(CancellationToken cancellationToken)
    {
        var finished = new FinishedAnswer[planned.Count];
        await foreach (var update in UpdatesAsync(cancellationToken))
        {
            if (update.End is { } end) finished[update.Index] = end;
        }

        return finished;
    }

    public void Dispose() => engine.Dispose();

    private async IAsyncEnumerable<AnswerUpdate> UpdatesAsync(int index, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var growing = new GrowingAnswer(index, planned[index], engine.Facts.Marks);
        var began = Stopwatch.GetTimestamp();
        await using var steps = engine.GenerateAsync(planned[index].Request, cancellationToken).GetAsyncEnumerator(cancellationToken);
        while (true)
        {
            var isStopped = false;
            try
            {
                if (!await steps.MoveNextAsync()) yield break;
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested && growing.HasText)
            {
                isStopped = true; // what was written stays, whether or not the engine itself ends a stopped answer
            }

            if (isStopped)
            {
                yield return growing.Add(new EngineStep("") { End = new EngineEnd(FinishReason.Cancelled, null, null, Stopwatch.GetElapsedTime(began)) });
                yield break;
            }

            yield return growing.Add(steps.Current);
        }
    }

    private async IAsyncEnumerable<AnswerUpdate> MergedAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var merged = Channel.CreateUnbounded<AnswerUpdate>(new UnboundedChannelOptions { SingleReader = true });
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var all = Task.WhenAll(Enumerable.Range(0, planned.Count).Select(index => CopyAsync(index, merged.Writer, stop)));
        _ = all.ContinueWith(_ => merged.Writer.Complete(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        try
        {
            await foreach (var update in merged.Reader.ReadAllAsync(CancellationToken.None)) yield return update;
            await all;
        }
        finally
        {
            await stop.CancelAsync();
            await Task.WhenAny(all);
        }
    }

    // An answer that fails ends the others: the client gets one error, not half of its answers.
    private async Task CopyAsync(int index, ChannelWriter<AnswerUpdate> writer, CancellationTokenSource stop)
    {
        try
        {
            await foreach (var update in UpdatesAsync(index, stop.Token)) writer.TryWrite(update);
        }
        catch
        {
            await stop.CancelAsync();
            throw;
        }
    }

    /// <summary>Splits one answer as it comes.</summary>
    private sealed class GrowingAnswer(int index, PlannedAnswer planned, ThoughtMarks marks)
    {
        // A text that is continued as it stands has no thought of its own.
        private readonly ThinkingSplitter? _splitter = planned.Asked is ChatPrompt ? new ThinkingSplitter(marks, planned.Prompt.ReplyStart) : null;
        private readonly StringBuilder _thought = new();
        private readonly StringBuilder _text = new();
        private readonly List<ThoughtMark> _marks = [];

        public bool HasText => _text.Length > 0 || _thought.Length > 0;

        public AnswerUpdate Add(EngineStep step)
        {
            _thought.Append(step.Thought);
            foreach (var mark in step.Marks) _marks.Add(mark with { Start = mark.Start + _text.Length });
            _text.Append(step.Text);
            var piece = _splitter?.Push(step.Text, step.Marks) ?? new ThinkingPiece("", step.Text);
            if (step.End is { } end)
            {
                var rest = _splitter?.Flush() ?? default;
                return new AnswerUpdate(index, step.Thought + piece.Thought + rest.Thought, piece.Answer + rest.Answer, step) { End = Finish(end) };
            }

            return new AnswerUpdate(index, step.Thought + piece.Thought, piece.Answer, step) { Undecided = _splitter?.Undecided ?? "" };
        }

        // Split again as a whole: nothing is held back or undecided any more.
        private FinishedAnswer Finish(EngineEnd end)
        {
            var text = _text.ToString();
            var whole = _splitter is null ? new ThinkingPiece("", text) : ThinkingSplitter.Split(text, _marks, marks, planned.Prompt.ReplyStart);
            return new FinishedAnswer(_thought + whole.Thought, whole.Answer, text, end);
        }
    }
}

/// <summary>One answer that is going to be generated.</summary>
/// <param name="Asked">The client's prompt.</param>
/// <param name="Prompt">The same as the model reads it.</param>
/// <param name="Request">With the settings of this answer.</param>
public sealed record PlannedAnswer(AskedPrompt Asked, PreparedPrompt Prompt, EngineRequest Request);

/// <summary>One thing that happened to one answer.</summary>
/// <param name="Index">Which one.</param>
/// <param name="Thought">Text of the thought that became certain.</param>
/// <param name="Answer">Text of the answer that became certain.</param>
/// <param name="Step">The engine's own output behind it.</param>
public readonly record struct AnswerUpdate(int Index, string Thought, string Answer, EngineStep Step)
{
    /// <summary>Text that may still turn out to be thought or answer.</summary>
    public string Undecided { get; init; } = "";

    /// <summary>The whole answer, with its last update.</summary>
    public FinishedAnswer? End { get; init; }
}

/// <summary>An answer that has ended.</summary>
/// <param name="Thought">The thought before it; empty where there is none.</param>
/// <param name="Answer">The answer behind the thought.</param>
/// <param name="Text">Everything the model wrote, not split.</param>
/// <param name="End">How it ended.</param>
public sealed record FinishedAnswer(string Thought, string Answer, string Text, EngineEnd End);
