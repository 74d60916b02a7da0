using System.Text.Json.Nodes;
using R1Lab.Engine.Tokenization;

namespace R1Lab.Engine.Tests.Tokenization;

/// <summary>
/// The parts of the pipeline that the public vocabularies do not use. The vocabulary is the byte alphabet alone, so a token is a byte and the
/// cuts are seen by the merges that cannot happen across them.
/// </summary>
public sealed class TokenizerPipelineTests : IDisposable
{
    private const string PlainByteLevel = """{"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}""";

    private readonly string _file = Path.GetTempFileName();

    public void Dispose() => File.Delete(_file);

    [Theory]
    [InlineData("lstrip", "a  <m> b", "a|<m>| b")]
    [InlineData("rstrip", "a <m>  b", "a |<m>|b")]
    [InlineData("single_word", "a <m> b<m> é<m> <m>_ <m>!", "a |<m>| b<m> é<m> <m>_ |<m>|!")]
    [InlineData("special", "a<m>b", "a|<m>|b")]
    public void Encode_AddedTokenFlags_DecideWhereItMatches(string flag, string text, string pieces)
    {
        var tokenizer = Load(added: [Added(300, "<m>", flag)]);

        var ids = tokenizer.Encode(text);

        Assert.Equal(pieces, string.Join("|", Runs(tokenizer, ids)));
    }

    [Fact]
    public void Encode_OverlappingAddedTokens_TakesTheLeftmostThenTheLongest()
    {
        var tokenizer = Load(added: [Added(300, "<a>"), Added(301, "<a><b>"), Added(302, "<b><c>")]);

        Assert.Equal([301, 300, 302], tokenizer.Encode("<a><b><a>x<b><c>").Where(id => id >= 300));
    }

    [Fact]
    public void Encode_NormalizedAddedToken_IsFoundInNormalizedText()
    {
        var tokenizer = Load(normalizer: """{"type": "Sequence", "normalizers": [{"type": "Lowercase"}, {"type": "NFC"}]}""", added: [Added(300, "TAG", "normalized"), Added(301, "RAW")]);

        Assert.Equal(["x", "TAG"], Tokens(tokenizer, tokenizer.Encode("xTag", false)));
        Assert.Equal(["RAW"], Tokens(tokenizer, tokenizer.Encode("RAW", false)));
        Assert.Equal(["r", "a", "w"], Tokens(tokenizer, tokenizer.Encode("raw", false)));
    }

    [Theory]
    [InlineData("""{"type": "ByteLevel", "add_prefix_space": true, "use_regex": true}""", "it's 12 ab", " it|'s| 12| ab")]
    [InlineData("""{"type": "ByteLevel", "add_prefix_space": false, "use_regex": true}""", "it's  𝟙𝟚 𝒶b!", "it|'s| | 𝟙𝟚| 𝒶b|!")]
    [InlineData("""{"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": true}, {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}]}""", "ab12c", "ab|1|2|c")]
    [InlineData("""{"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": false}, {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}]}""", "ab12c", "ab|12|c")]
    [InlineData("""{"type": "Sequence", "pretokenizers": [{"type": "Punctuation"}, {"type": "ByteLevel", "add_prefix_space": false, "use_regex": false}]}""", "a+b，c", "a|+|b|，|c")]
    public void Split_EveryPreTokenizer_CutsAsDocumented(string preTokenizer, string text, string expected) =>
        Assert.Equal(expected, string.Join("|", Splitter(preTokenizer).Split(text.AsMemory(), new SplitDeadline(text.Length))));

    [Theory]
    [InlineData("Isolated", false, "a-b--c", "a|-|b|-|-|c")]
    [InlineData("Removed", false, "a-b--c", "a|b|c")]
    [InlineData("Contiguous", false, "a-b--c", "a|-|b|--|c")]
    [InlineData("MergedWithPrevious", false, "a-b--c", "a-|b-|-|c")]
    [InlineData("MergedWithNext", false, "a-b--c", "a|-b|-|-c")]
    [InlineData("Removed", true, "a-b--c", "-|-|-")]
    public void Split_EveryBehavior_CutsAsDocumented(string behavior, bool invert, string text, string expected)
    {
        foreach (var pattern in (string[])["""{"String": "-"}""", """{"Regex": "[-]"}"""])
        {
            var splitter = Splitter($$$"""
                {"type": "Sequence", "pretokenizers": [{"type": "Split", "pattern": {{{pattern}}}, "behavior": "{{{behavior}}}", "invert": {{{(invert ? "true" : "false")}}}}, {{{PlainByteLevel}}}]}
                """);

            Assert.Equal(expected, string.Join("|", splitter.Split(text.AsMemory(), new SplitDeadline(text.Length))));
        }
    }

    [Fact]
    public void Split_UnknownRegexOnCharactersBeyondTheBmp_SeesTheirCategory()
    {
        var splitter = Splitter($$"""
            {"type": "Sequence", "pretokenizers": [{"type": "Split", "pattern": {"Regex": "\\p{L}+|\\p{Nd}|[^\\p{L}\\p{Nd}]+"}, "behavior": "Isolated"}, {{PlainByteLevel}}]}
            """);

        Assert.Equal(["x𝒶𐐀", "𝟙", "𝟚", "😀👍🏽", "𠀀"], splitter.Split("x𝒶𐐀𝟙𝟚😀👍🏽𠀀".AsMemory(), new SplitDeadline(20)).Select(piece => piece.ToString()));
    }

    [Fact]
    public void Split_KnownPatternByScannerAndByRegex_CutsTheSame()
    {
        var random = new Random(3);
        string[] parts = ["a", "É", "ß", "中", "文", "1", "२", "٣", "Ⅷ", " ", "  ", "\n", "\r\n", "\t", "\u00A0", "\u3000", "'s", "'LL", "'", "!", "—", "\u0301", "，", "_", "😀", "𝒶", "𝟙", "𠀀"];
        (string Expression, WordScanner Scanner)[] known =
        [
            (WordScanner.Gpt2Expression, WordScanner.Gpt2), (WordScanner.QwenExpression, WordScanner.Qwen), (WordScanner.Llama3Expression, WordScanner.For(WordScanner.Llama3Expression)!),
        ];

        for (var round = 0; round < 2000; round++)
        {
            var text = string.Concat(Enumerable.Range(0, random.Next(1, 25)).Select(_ => parts[random.Next(parts.Length)]));
            foreach (var (expression, scanner) in known)
            {
                List<Segment> byScanner = [];
                List<Segment> byRegex = [];
                scanner.Find(text, byScanner, new SplitDeadline(text.Length));
                Regex(expression).Find(text, byRegex, new SplitDeadline(text.Length));
                Assert.Equal(byRegex, byScanner);
            }
        }
    }

    [Theory]
    [InlineData("""{"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>"}}, {"Sequence": {"id": "A"}}, {"SpecialToken": {"id": "</s>"}}], "special_tokens": {"<s>": {"ids": [300]}, "</s>": {"ids": [301]}}}""", "300,x,301")]
    [InlineData("""{"type": "RobertaProcessing", "cls": ["<s>", 300], "sep": ["</s>", 301]}""", "300,x,301")]
    [InlineData("""{"type": "ByteLevel"}""", "x")]
    [InlineData("null", "x")]
    public void Encode_PostProcessor_AddsItsTokensWhenAsked(string postProcessor, string expected)
    {
        var tokenizer = Load(postProcessor: postProcessor, added: [Added(300, "<s>"), Added(301, "</s>")]);

        Assert.Equal(expected, string.Join(",", tokenizer.Encode("x").Select(id => id < 300 ? "x" : id.ToString())));
        Assert.Equal("x", tokenizer.Decode(tokenizer.Encode("x", addSpecialTokens: false)));
    }

    [Fact]
    public void Encode_NoncharactersAndHalfSurrogates_AreKeptOrReplaced()
    {
        var tokenizer = Load(normalizer: """{"type": "NFC"}""");

        Assert.Equal("é\uFFFEé\uFDD0\U0001FFFE", tokenizer.Decode(tokenizer.Encode("e\u0301\uFFFEe\u0301\uFDD0\U0001FFFE")));
        Assert.Equal("a\uFFFDb\uFFFD😀\uFFFD", tokenizer.Decode(tokenizer.Encode("a\uD83Db\uDE00😀\uD83D")));
    }

    [Fact]
    public void StreamingDetokenizer_BytesOfManyKinds_ComeOutAsSoonAsTheyAreCertain()
    {
        var tokenizer = Load();
        var detokenizer = tokenizer.CreateDetokenizer();

        var pieces = new byte[] { 0xF0, 0x9F, 0x98, 0x80, 0xE4, 0x41, 0xFF, 0xC3, 0xA9, 0xF0, 0x9F }.Select(value => detokenizer.Push(value)).ToList();
        pieces.Add(detokenizer.Flush());

        Assert.Equal(["", "", "", "😀", "", "\uFFFDA", "\uFFFD", "", "é", "", "", "\uFFFD"], pieces);
    }

    [Fact]
    public void StreamingDetokenizer_Peek_ChangesNothing()
    {
        var detokenizer = Load().CreateDetokenizer();
        foreach (var value in (int[])[0xF0, 0x9F, 0x98]) detokenizer.Push(value);

        Assert.Equal(("😁", "\uFFFDA", true), (detokenizer.Peek(0x81), detokenizer.Peek(0x41), detokenizer.IsInsideCharacter));
        Assert.Equal(("😀", "", false), (detokenizer.Push(0x80), detokenizer.Flush(), detokenizer.IsInsideCharacter));
    }

    private Tokenizer Load(string normalizer = "null", string postProcessor = "null", params string[] added)
    {
        var vocabulary = new JsonObject(Enumerable.Range(0, 256).Select(value => KeyValuePair.Create(ByteAlphabet.CharacterOf((byte)value).ToString(), (JsonNode?)value)));
        File.WriteAllText(_file, $$"""
            {"added_tokens": [{{string.Join(",", added)}}], "normalizer": {{normalizer}}, "pre_tokenizer": {{PlainByteLevel}}, "post_processor": {{postProcessor}},
             "decoder": {"type": "ByteLevel"}, "model": {"type": "BPE", "vocab": {{vocabulary.ToJsonString()}}, "merges": []} }
            """);
        return Tokenizer.Load(_file);
    }

    private static string Added(int id, string content, string flag = "special") => $$"""{"id": {{id}}, "content": "{{content}}", "{{flag}}": true}""";

    private static TextSplitter Splitter(string preTokenizer)
    {
        using var document = System.Text.Json.JsonDocument.Parse($$"""{"pre_tokenizer": {{preTokenizer}} }""");
        return TextSplitter.Read(new JsonField("test", "", document.RootElement));
    }

    private static RegexPattern Regex(string expression)
    {
        using var document = System.Text.Json.JsonDocument.Parse(JsonValue.Create(expression).ToJsonString());
        return new RegexPattern(new JsonField("test", "Regex", document.RootElement));
    }

    private static IEnumerable<string> Tokens(Tokenizer tokenizer, IEnumerable<int> ids) => ids.Select(id => tokenizer.IdToToken(id)!);

    /// <summary>Bytes between added tokens joined to text.</summary>
    private static IEnumerable<string> Runs(Tokenizer tokenizer, IReadOnlyList<int> ids)
    {
        var bytes = new List<int>();
        foreach (var id in ids)
        {
            if (id < 256)
            {
                bytes.Add(id);
                continue;
            }

            if (bytes.Count > 0) yield return tokenizer.Decode(bytes);
            bytes.Clear();
            yield return tokenizer.IdToToken(id)!;
        }

        if (bytes.Count > 0) yield return tokenizer.Decode(bytes);
    }
}
