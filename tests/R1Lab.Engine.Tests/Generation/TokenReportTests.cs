using R1Lab.Engine.Generation;
using R1Lab.Engine.Tokenization;

namespace R1Lab.Engine.Tests.Generation;

/// <summary>Tokens as they are reported: whatever the bytes, their texts are the text and their offsets are places in it.</summary>
public sealed class TokenReportTests : IDisposable
{
    private const int Special = TinyModel.Eos;

    private readonly TinyModel _tiny = new();
    private readonly Tokenizer _tokenizer;

    public TokenReportTests() => _tokenizer = Tokenizer.Load(_tiny.Folder);

    public void Dispose() => _tiny.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Of_AnyTokens_TextsJoinToTheDecodedText(bool skip)
    {
        for (var seed = 0; seed < 200; seed++)
        {
            var ids = RandomIds(seed);

            var tokens = TokenReport.Of(_tokenizer, skip, ids, null);

            var shown = tokens.Where(token => !(skip && token.IsSpecial)).ToList();
            var text = _tokenizer.Decode(ids, skip);
            Assert.Equal(text, string.Concat(shown.Select(token => token.Text)));
            Assert.Equal(ids, tokens.Select(token => token.Id));
            var characters = text.EnumerateRunes().Select(rune => rune.ToString()).ToList();
            Assert.All(shown, token => Assert.Equal(token.Text, string.Concat(characters.Skip(token.Offset).Take(token.Text.EnumerateRunes().Count()))));
            Assert.Equal(ids.SelectMany(id => _tokenizer.BytesOf(id, false)), tokens.SelectMany(token => token.Bytes));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Push_TokenByToken_ReportsWhatTheWholeReports(bool skip)
    {
        for (var seed = 0; seed < 100; seed++)
        {
            var ids = RandomIds(seed);
            var report = new TokenReport(_tokenizer, skip);

            List<ReportedToken> streamed = [.. ids.SelectMany(id => report.Push(id)), .. report.Finish()];

            Assert.Equal(TokenReport.Of(_tokenizer, skip, ids, null).Select(Plain), streamed.Select(Plain));
        }
    }

    [Fact]
    public void Push_PartsOfACharacter_AreHeldUntilItIsWhole()
    {
        var report = new TokenReport(_tokenizer, skipSpecialTokens: true);

        Assert.Equal(["a"], Texts(report.Push('a')));
        Assert.Empty(report.Push(0xF0));
        Assert.Empty(report.Push(0x9F));
        Assert.Empty(report.Push(Special));
        Assert.Empty(report.Push(0x98));
        var released = report.Push(0x80);
        var next = report.Push('b');

        Assert.Equal(["", "", "<eos>", "", "😀"], Texts(released));
        Assert.Equal([1, 1, 1, 1, 1], released.Select(token => token.Offset));
        Assert.Equal(("b", 2), (next[0].Text, next[0].Offset));
    }

    // The character's last byte never comes: the mark for it belongs to the last token that gave one, not to the end token.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Of_EndInsideACharacter_GivesTheMarkToTheTokenBeforeTheEnd(bool skip)
    {
        var tokens = TokenReport.Of(_tokenizer, skip, ['a', 0xF0, 0x9F, Special], null);

        Assert.Equal(["a", "", "\uFFFD", "<eos>"], Texts(tokens));
        Assert.Equal([0, 1, 1, 2], tokens.Select(token => token.Offset));
    }

    [Fact]
    public void Push_Alternatives_HaveTheTextTheyWouldAddHere()
    {
        var report = new TokenReport(_tokenizer, skipSpecialTokens: true);
        foreach (var part in (int[])[0xF0, 0x9F, 0x98]) report.Push(part);

        var token = report.Push(0x80, new TokenLogprob(0x80, -0.1, [(0x80, -0.1), (0x81, -2), ('b', -3), (0xE4, -4), (Special, -5)]))[^1];

        Assert.Equal(["😀", "😁", "\uFFFDb", "\uFFFD", "<eos>"], Texts(token.Top));
        Assert.Equal([-0.1, -2, -3, -4, -5], token.Top.Select(other => other.Logprob!.Value));
        Assert.Equal([0xE4], token.Top[3].Bytes);
    }

    [Fact]
    public void Of_NoTokenizer_NamesTokensByNumberWithoutText()
    {
        var tokens = TokenReport.Of(null, true, [5, 7], [null, new TokenLogprob(7, -1, [])]);

        Assert.Equal(["token_id:5", "token_id:7"], Texts(tokens));
        Assert.Equal([0, 0], tokens.Select(token => token.Offset));
        Assert.Equal([null, -1d], tokens.Select(token => token.Logprob));
    }

    // Characters of one to four bytes, broken ones and special tokens, all mixed.
    private static int[] RandomIds(int seed)
    {
        var random = new Random(seed);
        byte[][] parts = [.. new[] { "a", "é", "好", "😀", " " }.Select(System.Text.Encoding.UTF8.GetBytes), [0xF0, 0x9F], [0x80], [0xFF], [0xE4]];
        return [.. Enumerable.Range(0, 12).SelectMany(_ => random.Next(8) == 0 ? [Special] : parts[random.Next(parts.Length)].Select(value => (int)value))];
    }

    private static IEnumerable<string> Texts(IEnumerable<ReportedToken> tokens) => tokens.Select(token => token.Text);

    private static (int, string, int) Plain(ReportedToken token) => (token.Id, token.Text, token.Offset);
}
