using Microsoft.Extensions.Time.Testing;
using R1Lab.Engine.Generation;
using R1Lab.Engine.Tokenization;
using R1Lab.Web.Running;

namespace R1Lab.Web.Tests.Running;

public sealed class GrowingReplyTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));

    // Ten seconds of waiting, then a token every half second: two a second, whatever the wait was.
    [Fact]
    public void Speed_AfterALongWait_IsThatOfTheTokensAlone()
    {
        var reply = new GrowingReply(ThoughtMarks.InText, ThoughtState.None, _time);
        _time.Advance(TimeSpan.FromSeconds(10));
        var pictures = new List<ReplyPicture>();

        for (var token = 0; token < 5; token++)
        {
            if (token > 0) _time.Advance(TimeSpan.FromSeconds(0.5));
            reply.Add(new GenerationStep(token, "x", null), pictures.Add, TimeSpan.Zero);
        }

        Assert.Equal([0, 2, 2, 2, 2], pictures.Select(picture => picture.TokensPerSecond));
        Assert.Equal([1, 2, 3, 4, 5], pictures.Select(picture => picture.Tokens));
    }

    [Theory]
    [InlineData("one two", new[] { "one", " two" }, "one two")]
    [InlineData("one two", new[] { "one", "" }, "one two")]
    [InlineData("one two", new[] { "", "" }, "one two")]
    [InlineData("one <thi", new[] { "one ", "<thi" }, "one <thi")]
    public void End_TextThatWasHeldBack_IsAdded(string whole, string[] pieces, string answer)
    {
        var reply = new GrowingReply(ThoughtMarks.InText, ThoughtState.None, _time);
        foreach (var piece in pieces) reply.Add(new GenerationStep(1, piece, null), null, TimeSpan.Zero);

        var end = reply.End(Result(whole, FinishReason.Stop));

        Assert.Equal((answer, ""), (end.Answer, end.Thought));
    }

    [Theory]
    [InlineData(FinishReason.Stop, ReplyState.Finished)]
    [InlineData(FinishReason.Length, ReplyState.Cut)]
    [InlineData(FinishReason.Cancelled, ReplyState.Stopped)]
    public void End_EveryReason_HasItsState(FinishReason reason, ReplyState state) =>
        Assert.Equal(state, new GrowingReply(ThoughtMarks.InText, ThoughtState.None, _time).End(Result("", reason)).State);

    [Fact]
    public void ThoughtTook_UntilTheAnswerBegins_GrowsNoFurther()
    {
        var reply = new GrowingReply(ThoughtMarks.InText, ThoughtState.Open, _time);
        foreach (var text in new[] { "hm", "</think>", "a", "b" })
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            reply.Add(new GenerationStep(1, text, null), null, TimeSpan.Zero);
        }

        var end = reply.End(Result("hm</think>ab", FinishReason.Stop));

        Assert.Equal(("hm", "ab", 2.0), (end.Thought, end.Answer, end.ThoughtSeconds));
    }

    // What may be a thought without its opening mark is shown as the answer until the closing mark comes.
    [Fact]
    public void Add_ThoughtWithoutItsOpeningMark_IsShownAtOnceAndBecomesAThought()
    {
        var reply = new GrowingReply(ThoughtMarks.InText, ThoughtState.None, _time);
        var pictures = new List<ReplyPicture>();

        foreach (var text in new[] { "hm", "</think>", "a" }) reply.Add(new GenerationStep(1, text, null), pictures.Add, TimeSpan.Zero);

        Assert.Equal([("", "hm"), ("hm", ""), ("hm", "a")], pictures.Select(picture => (picture.Thought, picture.Answer)));
        Assert.Equal(("hm", "a"), (reply.End(Result("hm</think>a", FinishReason.Stop)).Thought, reply.End(Result("hm</think>a", FinishReason.Stop)).Answer));
    }

    private static GenerationResult Result(string text, FinishReason reason) =>
        new([], text, reason, 1, null, null, TimeSpan.Zero, TimeSpan.Zero);
}
