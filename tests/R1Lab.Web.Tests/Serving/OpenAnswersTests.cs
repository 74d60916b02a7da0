using R1Lab.Engine.Generation;
using R1Lab.Engine.Tokenization;
using R1Lab.Web.Serving;

namespace R1Lab.Web.Tests.Serving;

/// <summary>Several answers side by side: none waits for another, one that fails ends all, a reader that leaves ends all.</summary>
public sealed class OpenAnswersTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task UpdatesAsync_ThoughtAndAnswer_AreSplitPieceByPiece()
    {
        using var answers = Open(new ScriptedEngine("<thi", "nk>why", "</think>", "be", "cause"), Conversation(ThoughtState.None));

        var updates = await answers.UpdatesAsync(Cancellation).ToListAsync(Cancellation);

        Assert.Equal(("why", "because"), (string.Concat(updates.Select(update => update.Thought)), string.Concat(updates.Select(update => update.Answer))));
        var end = updates[^1].End!;
        Assert.Equal(("why", "because", "<think>why</think>because"), (end.Thought, end.Answer, end.Text));
    }

    // A text that is continued as it stands is handed on as it comes: the client asked for the raw text.
    [Fact]
    public async Task UpdatesAsync_OfABareText_SplitNothing()
    {
        using var answers = Open(new ScriptedEngine("<think>a", "</think>b"), Plan(new TextPrompt("prompt", "x"), ThoughtState.None));

        var end = (await answers.FinishAsync(Cancellation))[0];

        Assert.Equal(("", "<think>a</think>b"), (end.Thought, end.Answer));
    }

    [Fact]
    public async Task UpdatesAsync_OneAnswerWaits_TheOthersComeToTheirEnds()
    {
        var (held, asked) = (new TaskCompletionSource(), 0);
        using var answers = Open(new ScriptedEngine("a") { Wait = (_, _) => Interlocked.Increment(ref asked) == 1 ? held.Task : Task.CompletedTask }, Three());
        var ended = new List<int>();

        await foreach (var update in answers.UpdatesAsync(Cancellation))
        {
            if (update.End is not null) ended.Add(update.Index);
            if (ended.Count == 2) held.TrySetResult();
        }

        Assert.Equal(3, ended.Count);
    }

    [Fact]
    public async Task UpdatesAsync_OneAnswerFails_EndsAllWithItsError()
    {
        var asked = 0;
        var engine = new ScriptedEngine("a", "b")
        {
            Wait = (_, token) => Interlocked.Increment(ref asked) == 1 ? throw new IOException("gone") : Task.Delay(Timeout.Infinite, token),
        };
        using var answers = Open(engine, Three());

        var failure = await Assert.ThrowsAsync<IOException>(() => answers.FinishAsync(Cancellation));

        Assert.Equal(("gone", 0), (failure.Message, engine.Running));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task UpdatesAsync_ReaderLeaves_EndsEveryAnswer(int count)
    {
        var engine = new ScriptedEngine("a", "b") { Wait = (piece, token) => piece == 0 ? Task.CompletedTask : Task.Delay(Timeout.Infinite, token) };
        var answers = Open(engine, [.. Three().Take(count)]);

        await foreach (var _ in answers.UpdatesAsync(Cancellation)) break;
        answers.Dispose();

        Assert.Equal((0, true), (engine.Running, engine.IsDisposed));
    }

    // Engines behind HTTP throw when they are cancelled; what a person has read so far must not vanish.
    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task UpdatesAsync_StoppedInTheMiddle_EndsWithWhatWasWritten(int count)
    {
        using var stop = new CancellationTokenSource();
        var engine = new ScriptedEngine("<think>why</think>be", "cause") { Wait = (piece, token) => piece == 0 ? Task.CompletedTask : Task.Delay(Timeout.Infinite, token) };
        using var answers = Open(engine, [.. Three().Take(count)]);
        var ended = new List<FinishedAnswer>();

        var pieces = 0;
        await foreach (var update in answers.UpdatesAsync(stop.Token))
        {
            if (update.End is { } end) ended.Add(end);
            else if (++pieces == count) await stop.CancelAsync();
        }

        Assert.Equal(0, engine.Running);
        Assert.Equal(count, ended.Count);
        Assert.All(ended, end => Assert.Equal(("why", "be", FinishReason.Cancelled), (end.Thought, end.Answer, end.End.Finish)));
    }

    [Fact]
    public async Task UpdatesAsync_StoppedBeforeTheFirstText_IsCancelled()
    {
        using var stop = new CancellationTokenSource();
        var engine = new ScriptedEngine("a") { Wait = (_, token) => stop.CancelAsync().ContinueWith(_ => token.ThrowIfCancellationRequested(), TaskScheduler.Default) };
        using var answers = Open(engine, Conversation(ThoughtState.None));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => answers.FinishAsync(stop.Token));

        Assert.Equal(0, engine.Running);
    }

    private static OpenAnswers Open(ScriptedEngine engine, params PlannedAnswer[] planned) => new(engine, planned);

    private static PlannedAnswer[] Three() => [.. Enumerable.Range(0, 3).Select(_ => Conversation(ThoughtState.None))];

    private static PlannedAnswer Conversation(ThoughtState start) => Plan(ChatPrompt.Of(new ChatMessage("user", "?")), start);

    private static PlannedAnswer Plan(AskedPrompt asked, ThoughtState start) =>
        new(asked, new PreparedPrompt([1], start), new EngineRequest([], [1], new GenerationSettings()));
}
