using R1Lab.Engine.Generation;
using R1Lab.Engine.Tests.Datasets;
using R1Lab.Engine.Tokenization;

namespace R1Lab.Engine.Tests.Generation;

public sealed class ReplyTextTests : IDisposable
{
    private static readonly ThoughtMarks NoMarks = new(null, null, AreKnown: false);

    private readonly TinyModel _model = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("r1lab-reply-");

    public void Dispose()
    {
        _model.Dispose();
        _folder.Delete(recursive: true);
    }

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
        var reply = new ReplyText(loaded.Tokenizer, new GenerationSettings { Stop = ["STOP", "\n\nUser:"] }, NoMarks);

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
        var reply = new ReplyText(loaded.Tokenizer, new GenerationSettings { Stop = [one, other] }, NoMarks);

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
        var reply = new ReplyText(loaded.Tokenizer, new GenerationSettings { Stop = ["S"] }, NoMarks);
        foreach (var token in loaded.Tokenizer!.Encode(text)) reply.Push(token);
        reply.Push(0xE4);

        reply.Finish();

        Assert.Equal(expected, reply.Text);
    }

    // Places are those in the whole text; each step tells them from where its own text begins. "<" spelled is held for the stop text "<x".
    [Theory]
    [InlineData(false, true, "a[b]c", "<x", "1+7 opens, 9+8 closes")]
    [InlineData(true, true, "a[b]c", "<x", "1+0 opens, 2+0 closes")]
    [InlineData(true, false, "a[b]c", "<x", "1+7 opens, 9+8 closes")]
    [InlineData(false, true, "<think>a[", "<x", "8+7 opens")]
    [InlineData(false, true, "a[b]c", "k>never", "1+7 opens, 9+8 closes")]
    [InlineData(false, true, "a[b]c", "never k>b", "1+7 opens, 9+8 closes")]
    [InlineData(true, true, "a[b<]c", "<x", "1+0 opens, 3+0 closes")]
    [InlineData(false, true, "a[bS]c", "S", "1+7 opens")]
    [InlineData(true, true, "a[bS]c", "S", "1+0 opens")]
    public void TakeMarks_EveryStep_SaysWhereTokensMarkAThought(bool special, bool skipsSpecial, string output, string stop, string expected)
    {
        var vocabulary = ByteVocabulary.Write(_folder.FullName, special ? ["^", "$", "<think>", "</think>"] : ["^", "$"], special ? [] : ["<think>", "</think>"]);
        var marks = ThoughtMarks.Of(vocabulary, null);
        var reply = new ReplyText(vocabulary, new GenerationSettings { Stop = [stop], SkipSpecialTokens = skipsSpecial }, marks);
        var (text, told) = ("", new List<ThoughtMark>());

        foreach (var unit in output)
        {
            if (reply.Stopped) break;
            Take(reply.Push(unit switch { '[' => marks.OpeningId!.Value, ']' => marks.ClosingId!.Value, _ => unit }));
        }

        Take(reply.Finish());

        Assert.Equal(expected, string.Join(", ", told.Select(mark => $"{mark.Start}+{mark.Length} {(mark.Opens ? "opens" : "closes")}")));
        Assert.Equal(reply.Text, text);
        Assert.Equal(told, reply.Marks);

        void Take(string released)
        {
            told.AddRange(reply.TakeMarks(text.Length).Select(mark => mark with { Start = mark.Start + text.Length }));
            text += released;
        }
    }
}
