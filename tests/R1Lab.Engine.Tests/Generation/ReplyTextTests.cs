using R1Lab.Engine.Generation;

namespace R1Lab.Engine.Tests.Generation;

public sealed class ReplyTextTests : IDisposable
{
    private readonly TinyModel _model = new();

    public void Dispose() => _model.Dispose();

    [Theory]
    [InlineData("plain text", new[] { "plain text" }, false)]
    [InlineData("one STOP two", new[] { "one " }, true)]
    [InlineData("one ST", new[] { "one ", "ST" }, false)]
    [InlineData("one STAY", new[] { "one STAY" }, false)]
    [InlineData("a SSTOP", new[] { "a S" }, true)]
    [InlineData("x\n\nUser: y", new[] { "x" }, true)]
    [InlineData("你好 STOP", new[] { "你好 " }, true)]
    public void Push_TokenByToken_NeverReleasesAStopText(string text, string[] pieces, bool stopped)
    {
        using var loaded = _model.Load();
        var reply = new ReplyText(loaded.Tokenizer, new GenerationSettings { Stop = ["STOP", "\n\nUser:"] });

        var released = "";
        foreach (var token in loaded.Tokenizer!.Encode(text))
        {
            released += reply.Push(token);
            if (reply.Stopped) break;
        }

        Assert.Equal(pieces[0], released);
        Assert.Equal(pieces.Length > 1 ? pieces[1] : "", reply.Finish());
        Assert.Equal(stopped, reply.Stopped);
        Assert.Equal(string.Concat(pieces), reply.Text);
    }

    // The token 256 is "ab": both stop texts come at once.
    [Theory]
    [InlineData("a", "b", "")]
    [InlineData("b", "a", "")]
    [InlineData("b", "never", "a")]
    public void Push_SeveralStopTextsInOneToken_EndsAtTheFirstInTheText(string one, string other, string expected)
    {
        using var loaded = _model.Load();
        var reply = new ReplyText(loaded.Tokenizer, new GenerationSettings { Stop = [one, other] });

        var released = reply.Push(256);

        Assert.Equal((expected, expected, true), (released, reply.Text, reply.Stopped));
    }

    // The first byte of a character of three: at the end it becomes U+FFFD, but not behind a stop text.
    [Theory]
    [InlineData("x", "x\uFFFD")]
    [InlineData("xS", "x")]
    public void Finish_UnfinishedCharacter_IsReleasedUnlessTheReplyStopped(string text, string expected)
    {
        using var loaded = _model.Load();
        var reply = new ReplyText(loaded.Tokenizer, new GenerationSettings { Stop = ["S"] });
        foreach (var token in loaded.Tokenizer!.Encode(text)) reply.Push(token);
        reply.Push(0xE4);

        reply.Finish();

        Assert.Equal(expected, reply.Text);
    }
}
