using Microsoft.Extensions.Time.Testing;
using R1Lab.Engine.Generation;
using R1Lab.Engine.Tokenization;
using R1Lab.Web.Serving;

namespace R1Lab.Web.Tests.Serving;

public sealed class GrowingReplyTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));

    // Ten seconds of waiting, then a token every half second: two a second, whatever the wait was.
    [Fact]
    public async Task Speed_AfterALongWait_IsThatOfTheTokensAlone()
    {
        var reply = new GrowingReply(_time);
        var pictures = new List<ReplyPicture>();
        var pauses = new Queue<double>([10, 0.5, 0.5, 0.5, 0.5, 0]);

        await ReadAsync(reply, ThoughtState.None, ["x", "x", "x", "x", "x"], pictures.Add, () => _time.Advance(TimeSpan.FromSeconds(pauses.Dequeue())));

        Assert.Equal([0, 2, 2, 2, 2], pictures.Select(picture => picture.TokensPerSecond));
        Assert.Equal([1, 2, 3, 4, 5], pictures.Select(picture => picture.Tokens));
    }

    [Theory]
    [InlineData(new[] { "one", " two" }, "one two")]
    [InlineData(new[] { "one ", "<thi" }, "one <thi")]
    [InlineData(new[] { "", "" }, "")]
    public async Task End_TextThatWasHeldBack_IsAdded(string[] pieces, string answer)
    {
        var end = await ReadAsync(new GrowingReply(_time), ThoughtState.None, pieces);

        Assert.Equal((answer, ""), (end.Answer, end.Thought));
    }

    [Theory]
    [InlineData(FinishReason.Stop, ReplyState.Finished)]
    [InlineData(FinishReason.Length, ReplyState.Cut)]
    [InlineData(FinishReason.Cancelled, ReplyState.Stopped)]
    public void End_EveryReason_HasItsState(FinishReason reason, ReplyState state) =>
        Assert.Equal(state, new GrowingReply(_time).End(new FinishedAnswer("", "", "", new EngineEnd(reason, 1, 0, TimeSpan.Zero))).State);

    [Fact]
    public async Task ThoughtTook_UntilTheAnswerBegins_GrowsNoFurther()
    {
        var end = await ReadAsync(new GrowingReply(_time), ThoughtState.Open, ["hm", "</think>", "a", "b"], null, () => _time.Advance(TimeSpan.FromSeconds(1)));

        Assert.Equal(("hm", "ab", 2.0), (end.Thought, end.Answer, end.ThoughtSeconds));
    }

    // What may be a thought without its opening mark is shown as the answer until the closing mark comes.
    [Fact]
    public async Task Add_ThoughtWithoutItsOpeningMark_IsShownAtOnceAndBecomesAThought()
    {
        var pictures = new List<ReplyPicture>();

        var end = await ReadAsync(new GrowingReply(_time), ThoughtState.None, ["hm", "</think>", "a"], pictures.Add);

        Assert.Equal([("", "hm"), ("hm", ""), ("hm", "a")], pictures.Select(picture => (picture.Thought, picture.Answer)));
        Assert.Equal(("hm", "a"), (end.Thought, end.Answer));
    }

    private static async Task<ReplyPicture> ReadAsync(
        GrowingReply reply, ThoughtState start, string[] pieces, Action<ReplyPicture>? onPicture = null, Action? beforePiece = null)
    {
        var planned = new PlannedAnswer(ChatPrompt.Of(), new PreparedPrompt([1], start), new EngineRequest([], [1], new GenerationSettings()));
        using var answers = new OpenAnswers(new ScriptedEngine(pieces) { BeforePiece = beforePiece }, [planned]);
        await foreach (var update in answers.UpdatesAsync(TestContext.Current.CancellationToken))
        {
            if (update.End is { } end) return reply.End(end);
            reply.Add(update, onPicture, TimeSpan.Zero);
        }

        throw new InvalidOperationException("The answer has no end.");
    }
}
