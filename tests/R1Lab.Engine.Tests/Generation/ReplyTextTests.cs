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
}
