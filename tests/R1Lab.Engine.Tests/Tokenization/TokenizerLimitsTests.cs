using System.Diagnostics;
using System.Text.Json.Nodes;
using R1Lab.Engine.Tokenization;
using R1Lab.Tests.Shared;

namespace R1Lab.Engine.Tests.Tokenization;

/// <summary>Sizes and expressions of a tokenizer.json that are believed before they are checked.</summary>
public sealed class TokenizerLimitsTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("(a+)+!")]
    [InlineData(@"(\w+\s?)+#")]
    [InlineData(@"^(\p{L}+\s?)+$!")]
    public void Encode_ExpressionThatNeverEnds_IsRefusedInMilliseconds(string expression)
    {
        var tokenizer = Load(file => file["pre_tokenizer"] = Sequence(Split(expression), Bytes()));
        var start = Stopwatch.GetTimestamp();

        var error = Assert.Throws<BadInputException>(() => tokenizer.Encode(new string('a', 200)));

        Assert.Contains("takes too long", error.Message, StringComparison.Ordinal);
        Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.Zero, Patience.For(TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void Encode_SlowExpressionOnManyPieces_SharesOneLimit()
    {
        // Each line alone stays below the limit of one match; all together they do not.
        var tokenizer = Load(file => file["pre_tokenizer"] = Sequence(Split("\\n"), Split("(a+)+!"), Bytes()));
        var text = string.Join('\n', Enumerable.Repeat(new string('a', 20), 5_000));
        var start = Stopwatch.GetTimestamp();

        Assert.Throws<BadInputException>(() => tokenizer.Encode(text));

        Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.Zero, Patience.For(TimeSpan.FromSeconds(4)));
    }

    [Fact]
    public void Encode_OrdinaryExpressionOnALongText_IsNotRefused()
    {
        var tokenizer = Load(file => file["pre_tokenizer"] = Sequence(Split(@"\s+|[a-b]+"), Bytes()));

        Assert.NotEmpty(tokenizer.Encode(string.Concat(Enumerable.Repeat("ab ", 30_000))));
    }

    [Theory]
    [InlineData("\"lstrip\": true")]
    [InlineData("\"rstrip\": true")]
    public void Encode_TokenOfWhiteSpaceThatStrips_TakesLinearTime(string flag)
    {
        var tokenizer = Load(file => file["added_tokens"] = new JsonArray(JsonNode.Parse($$"""{"id": 90, "content": "\t", {{flag}}}""")));
        var start = Stopwatch.GetTimestamp();

        tokenizer.Encode(new string('\t', 500_000));

        Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.Zero, Patience.For(TimeSpan.FromSeconds(3)));
    }

    [Theory]
    [InlineData(2147483647)]
    [InlineData(4194304)]
    public void Load_HugeIds_AllocateNothingLikeThem(int id)
    {
        Refused("added_tokens[0].id", file => file["added_tokens"] = new JsonArray(JsonNode.Parse($$"""{"id": {{id}}, "content": "x"}""")));
        Refused("model.vocab[\"a\"]", file => file["model"]!["vocab"]!["a"] = id);
    }

    [Fact]
    public void Load_LongTokenOfTheVocabulary_IsRefused() => Refused("model.vocab", file => file["model"]!["vocab"]![new string('x', 100_000)] = 90);

    [Fact]
    public void Load_LongAddedTokens_AreRefused()
    {
        Refused("added_tokens[0].id", file => file["added_tokens"] = new JsonArray(new JsonObject { ["id"] = 90, ["content"] = new string('x', 5_000) }));
        Refused("added_tokens", file => file["added_tokens"] = new JsonArray([.. Enumerable.Range(0, 10_000).Select(at => (JsonNode)new JsonObject { ["id"] = 90 + at, ["content"] = $"{at}{new string('x', 200)}" })]));
    }

    [Fact]
    public void Load_TemplateOfThousandsOfTokens_IsRefused() => Refused("post_processor.single", file => file["post_processor"] = new JsonObject
    {
        ["type"] = "TemplateProcessing",
        ["single"] = new JsonArray([.. Enumerable.Range(0, 500).Select(_ => JsonNode.Parse("""{"SpecialToken": {"id": "s"}}""")), JsonNode.Parse("""{"Sequence": {"id": "A"}}""")]),
        ["special_tokens"] = new JsonObject { ["s"] = new JsonObject { ["id"] = "s", ["ids"] = new JsonArray([.. Enumerable.Repeat(0, 10_000).Select(id => (JsonNode)id)]), ["tokens"] = new JsonArray() } },
    });

    [Fact]
    public void Load_ThousandsOfSteps_AreRefused() => Refused("pre_tokenizer", file => file["pre_tokenizer"] = Sequence(
        [.. Enumerable.Repeat(0, 5_000).Select(_ => Split("a")), Bytes()]));

    [Theory]
    [InlineData(20, 1)]
    [InlineData(12, 3)]
    public void Normalizer_ThatMakesMuchOfLittle_IsRefused(int length, int steps)
    {
        var error = Assert.Throws<BadInputException>(() => Load(file => file["normalizer"] = new JsonObject
        {
            ["type"] = "Sequence",
            ["normalizers"] = new JsonArray([.. Enumerable.Range(0, steps).Select(_ => (JsonNode)new JsonObject
            {
                ["type"] = "Replace", ["pattern"] = new JsonObject { ["String"] = "a" }, ["content"] = new string('a', length),
            })]),
        }).Encode(new string('a', 10_000)));

        Assert.Contains("normalizer", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("tokenizer.json")]
    [InlineData("tokenizer_config.json")]
    [InlineData("chat_template.jinja")]
    public void Load_FileThatIsMostlyEmptySpace_IsRefusedBeforeItIsRead(string name)
    {
        File.WriteAllText(_folder.Path("tokenizer.json"), Plain().ToJsonString());
        using (var sparse = File.Create(_folder.Path(name))) sparse.SetLength(3L << 30);

        Measured.Of<InvalidOperationException>(() => Assert.Contains("at most", Assert.Throws<BadInputException>(() =>
        {
            Tokenizer.Load(_folder.Root);
            ChatTemplate.Load(_folder.Root);
        }).Message, StringComparison.Ordinal)).Within(TimeSpan.FromSeconds(2), 64 << 20);
    }

    [Fact]
    public void Load_ThousandsOfTemplates_AreRefused()
    {
        Directory.CreateDirectory(_folder.Path("additional_chat_templates"));
        for (var at = 0; at < 200; at++) File.WriteAllText(_folder.Path("additional_chat_templates", $"t{at}.jinja"), "x");

        Assert.Contains("more than 100", Assert.Throws<BadInputException>(() => ChatTemplate.Load(_folder.Root)).Message, StringComparison.Ordinal);
    }

    private void Refused(string place, Action<JsonObject> change) => Measured.Of<InvalidOperationException>(() =>
    {
        var error = Assert.Throws<BadInputException>(() => Load(change));
        Assert.Equal(place, error.Place);
    }).Within(TimeSpan.FromSeconds(4), 128 << 20);

    private Tokenizer Load(Action<JsonObject> change)
    {
        var file = Plain();
        change(file);
        File.WriteAllText(_folder.Path("tokenizer.json"), file.ToJsonString());
        return Tokenizer.Load(_folder.Root);
    }

    private static JsonObject Plain() => JsonNode.Parse(File.ReadAllText(ReferenceFiles.Golden("badinput", "dev-c050_plain.tokenizer.json")))!.AsObject();

    private static JsonObject Sequence(params JsonNode[] steps) => new() { ["type"] = "Sequence", ["pretokenizers"] = new JsonArray(steps) };

    private static JsonObject Split(string expression) =>
        new() { ["type"] = "Split", ["pattern"] = new JsonObject { ["Regex"] = expression }, ["behavior"] = "Isolated", ["invert"] = false };

    private static JsonObject Bytes() => new() { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["use_regex"] = false };
}
