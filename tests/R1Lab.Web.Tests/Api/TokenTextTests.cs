using System.Text;
using System.Text.Json.Nodes;
using R1Lab.Web.Tests.Models;

namespace R1Lab.Web.Tests.Api;

/// <summary>
/// Tokens that hold parts of characters: on every surface their texts join to the text, their bytes are their own, their offsets are places in the
/// text, and a stream says the same as a whole answer.
/// </summary>
public sealed class TokenTextTests(PieceLab lab) : IClassFixture<PieceLab>
{
    private const string Chat = "/v1/chat/completions";
    private const string Text = "/v1/completions";

    /// <summary>Pieces, <c>#</c> before bytes in hexadecimal, and the text they are.</summary>
    public static TheoryData<string, string> Scripts => new()
    {
        { "a|#F09F|#98|#8062|好|#E4BD|#A0", "a😀b好你" },
        { "#F0|#9F|#9880|é|#C3|#A8", "😀éè" },
        { "plain| text", "plain text" },
        { "a|#F09F", "a\uFFFD" },
        { "#F09F98", "\uFFFD" },
        { "a|#E4BD|b", "a\uFFFDb" },
        { "#FF|x|#80|y|#F09F98|z", "\uFFFDx\uFFFDy\uFFFDz" },
        { "#61F0|#9F9880F0|#9F9881", "a😀😁" },
    };

    /// <summary>Every script, cut by every limit of new tokens up to its end token.</summary>
    public static TheoryData<string, int> Cuts => new(Scripts.SelectMany(script => Enumerable.Range(1, script.Data.Item1.Split('|').Length + 1).Select(most => (script.Data.Item1, most))));

    [Theory, MemberData(nameof(Scripts))]
    public async Task Generate_PartsOfCharacters_TokensJoinToTheText(string script, string expected)
    {
        var model = await lab.AddAsync(script.Split('|'));
        var request = new { model, inputs = "?", parameters = new { max_new_tokens = 50, details = true, top_n_tokens = 2 } };

        var whole = await lab.Client.AskAsync("/generate", request);
        var events = (await lab.Client.StreamAsync("/generate_stream", request)).Select(sent => JsonNode.Parse(sent)!).ToList();

        Assert.Equal((expected, expected), (whole["generated_text"].Str(), events[^1]["generated_text"].Str()));
        Assert.Equal(expected, Shown(whole["details"]!["tokens"]!.AsArray()));
        Assert.Equal(expected, Shown(events.Select(sent => sent["token"])));
        Assert.Equal(whole["details"]!["tokens"]!.AsArray().Select(token => token!.ToJsonString()), events.Select(sent => sent["token"]!.ToJsonString()));
        Assert.Equal(whole["details"]!["top_tokens"]!.AsArray().Select(top => top!.ToJsonString()), events.Select(sent => sent["top_tokens"]!.ToJsonString()));
        Assert.Equal(Enumerable.Range(1, events.Count), events.Select(sent => sent["index"].Int()));
    }

    [Theory, MemberData(nameof(Cuts))]
    public async Task Complete_CutAnywhere_TokensAndOffsetsAreThoseOfTheText(string script, int most)
    {
        var request = new Dictionary<string, object> { ["model"] = await lab.AddAsync(script.Split('|')), ["prompt"] = "?", ["temperature"] = 0, ["max_tokens"] = most, ["logprobs"] = 2 };

        var whole = (await lab.Client.AskAsync(Text, request))["choices"]![0]!;
        var parts = await StreamedAsync(Text, request);

        AssertPlaces(whole["text"].Str(), 0, whole["logprobs"]!);
        Assert.Equal(whole["text"].Str(), string.Concat(parts.Select(part => part["text"].Str())));
        foreach (var field in (string[])["tokens", "token_logprobs", "top_logprobs", "text_offset"])
            Assert.Equal(whole["logprobs"]![field]!.ToJsonString(), Joined(parts.Select(part => part["logprobs"]?[field])));
        Assert.All(whole["logprobs"]!["tokens"]!.AsArray().Zip(whole["logprobs"]!["top_logprobs"]!.AsArray()), pair => Assert.True(pair.Second!.AsObject().ContainsKey(pair.First.Str())));
    }

    [Theory, MemberData(nameof(Cuts))]
    public async Task Chat_CutAnywhere_BytesAreTheTokensOwn(string script, int most)
    {
        var request = new Dictionary<string, object>
        {
            ["model"] = await lab.AddAsync(script.Split('|')), ["messages"] = new[] { new { role = "user", content = "1" } }, ["temperature"] = 0, ["max_tokens"] = most, ["logprobs"] = true, ["top_logprobs"] = 2,
        };

        var whole = (await lab.Client.AskAsync(Chat, request))["choices"]![0]!;
        var parts = await StreamedAsync(Chat, request);

        var tokens = whole["logprobs"]!["content"]!.AsArray();
        byte[][] pieces = [.. PieceModel.Of(script.Split('|')).Pieces, Encoding.UTF8.GetBytes(PieceModel.End)];
        Assert.Equal(pieces.Take(most).Select(Convert.ToHexString), tokens.Select(BytesOf));
        Assert.All(tokens, token => Assert.Equal(BytesOf(token), BytesOf(token!["top_logprobs"]![0])));
        Assert.Equal(whole["message"]!["content"].Str(), string.Concat(tokens.Select(token => token!["token"].Str()).Where(text => text != PieceModel.End)));
        Assert.Equal(tokens.ToJsonString(), Joined(parts.Select(part => part["logprobs"]?["content"])));
        Assert.Equal(whole["message"]!["content"].Str(), string.Concat(parts.Select(part => part["delta"]!["content"]?.GetValue<string>())));
    }

    // The values that a client of the OpenAI API reads for a character of four bytes in three tokens.
    [Fact]
    public async Task Chat_CharacterInThreeTokens_HasTheseBytes()
    {
        var model = await lab.AddAsync("a", "#F09F", "#98", "#8062");

        var answer = await lab.Client.AskAsync(Chat, new { model, messages = new[] { new { role = "user", content = "1" } }, temperature = 0, max_tokens = 4, logprobs = true });

        var tokens = answer["choices"]![0]!["logprobs"]!["content"]!.AsArray();
        Assert.Equal(["[97]", "[240,159]", "[152]", "[128,98]"], tokens.Select(token => token!["bytes"]!.ToJsonString()));
        Assert.Equal(["a", "", "", "😀b"], tokens.Select(token => token!["token"].Str()));
    }

    [Theory, MemberData(nameof(Scripts))]
    public async Task Complete_Echo_OffsetsCoverPromptAndReply(string script, string expected)
    {
        var request = new Dictionary<string, object>
        {
            ["model"] = await lab.AddAsync(script.Split('|')), ["prompt"] = "你😀!?", ["temperature"] = 0, ["max_tokens"] = 50, ["logprobs"] = 1, ["echo"] = true,
        };

        var whole = (await lab.Client.AskAsync(Text, request))["choices"]![0]!;
        var parts = await StreamedAsync(Text, request);
        var scored = (await lab.Client.AskAsync(Text, new Dictionary<string, object>(request) { ["max_tokens"] = 0 }))["choices"]![0]!;

        Assert.Equal("你😀!?" + expected, whole["text"].Str());
        AssertPlaces(whole["text"].Str(), 0, whole["logprobs"]!);
        AssertPlaces("你😀!?", 0, scored["logprobs"]!);
        Assert.Equal(whole["logprobs"]!["text_offset"]!.ToJsonString(), Joined(parts.Select(part => part["logprobs"]?["text_offset"])));
        Assert.Equal(whole["logprobs"]!["tokens"]!.ToJsonString(), Joined(parts.Select(part => part["logprobs"]?["tokens"])));
    }

    // A prompt of token ids that ends in the middle of a character, and special tokens in it.
    [Fact]
    public async Task Complete_EchoOfTokenIds_ShowsWhatTheyAre()
    {
        var model = await lab.AddAsync("a", "#F09F", "#98", "#8062");
        var end = PieceModel.Of("a", "#F09F", "#98", "#8062").EndId;

        var answer = await lab.Client.AskAsync(Text, new { model, prompt = new[] { end, 0xE4, 0xBD, 0xA0, 0x3F, 0xE4 }, temperature = 0, max_tokens = 1, logprobs = 0, echo = true });

        var choice = answer["choices"]![0]!;
        Assert.Equal($"{PieceModel.End}你?\uFFFDa", choice["text"].Str());
        Assert.Equal([PieceModel.End, "", "", "你", "?", "\uFFFD", "a"], choice["logprobs"]!["tokens"]!.AsArray().Select(token => token.Str()));
        Assert.Equal([0, 7, 7, 7, 8, 9, 10], choice["logprobs"]!["text_offset"].Ids());
    }

    [Theory]
    [InlineData("😀", "a")]
    [InlineData("a😀b", "")]
    [InlineData("b好", "a😀")]
    [InlineData("😁", "a😀b好你")]
    [InlineData("你x", "a😀b好你")]
    public async Task AnySurface_StopTextOfPartsOfCharacters_EndsBeforeIt(string stop, string expected)
    {
        var model = await lab.AddAsync("a", "#F09F", "#98", "#8062", "好", "#E4BD", "#A0");
        var completion = new { model, prompt = "?", temperature = 0, max_tokens = 50, stop };
        var chat = new { model, messages = new[] { new { role = "user", content = "1" } }, temperature = 0, max_tokens = 50, stop };

        Assert.Equal(expected, (await lab.Client.AskAsync(Text, completion))["choices"]![0]!["text"].Str());
        Assert.Equal(expected, (await lab.Client.AskAsync(Chat, chat))["choices"]![0]!["message"]!["content"].Str());
        Assert.Equal(expected, string.Concat((await StreamedAsync(Text, Fields(completion))).Select(part => part["text"].Str())));
        Assert.Equal(expected, string.Concat((await StreamedAsync(Chat, Fields(chat))).Select(part => part["delta"]!["content"]?.GetValue<string>())));
        Assert.Equal(expected, (await lab.Client.AskAsync("/generate", new { model, inputs = "?", parameters = new { max_new_tokens = 50, stop = new[] { stop } } }))["generated_text"].Str());
    }

    [Theory, MemberData(nameof(Scripts))]
    public async Task Detokenize_TokensOfTheReply_IsItsText(string script, string expected)
    {
        var model = await lab.AddAsync(script.Split('|'));
        var ids = (await lab.Client.AskAsync(Text, new { model, prompt = "?", temperature = 0, max_tokens = 50, return_token_ids = true }))["choices"]![0]!["token_ids"].Ids();

        var shown = await lab.Client.AskAsync("/detokenize", new { model, tokens = ids });
        var skipped = await lab.Client.AskAsync("/detokenize", new { model, tokens = ids, skip_special_tokens = true });

        Assert.Equal((expected + PieceModel.End, expected), (shown["prompt"].Str(), skipped["prompt"].Str()));
    }

    [Fact]
    public async Task Complete_EndTokenInTheMiddle_CountsOnlyWhereItIsShown()
    {
        var model = await lab.AddAsync("a", "好");

        foreach (var skip in (bool[])[true, false])
        {
            var answer = await lab.Client.AskAsync(Text, new { model, prompt = "?", temperature = 0, max_tokens = 4, logprobs = 0, ignore_eos = true, skip_special_tokens = skip });

            var choice = answer["choices"]![0]!;
            Assert.Equal(["a", "好", PieceModel.End, PieceModel.End], choice["logprobs"]!["tokens"]!.AsArray().Select(token => token.Str()));
            Assert.Equal(skip ? [0, 1, 2, 2] : [0, 1, 2, 9], choice["logprobs"]!["text_offset"].Ids());
        }
    }

    private async Task<List<JsonNode>> StreamedAsync(string path, Dictionary<string, object> request) =>
        [.. (await lab.Client.ChunksAsync(path, new Dictionary<string, object>(request) { ["stream"] = true })).SelectMany(chunk => chunk["choices"]!.AsArray()).OfType<JsonNode>()];

    private static Dictionary<string, object> Fields(object request) => request.GetType().GetProperties().ToDictionary(field => field.Name, field => field.GetValue(request)!);

    private static string Shown(IEnumerable<JsonNode?> tokens) => string.Concat(tokens.Where(token => !token!["special"]!.GetValue<bool>()).Select(token => token!["text"].Str()));

    // Offsets count Unicode characters, as strings of Python and other clients do.
    private static void AssertPlaces(string text, int first, JsonNode logprobs)
    {
        var characters = text.EnumerateRunes().Select(rune => rune.ToString()).ToList();
        var tokens = logprobs["tokens"]!.AsArray().Select(token => token.Str()).Zip(logprobs["text_offset"].Ids()).Where(token => token.First != PieceModel.End).ToList();
        Assert.Equal(first, tokens[0].Second);
        Assert.All(tokens, token => Assert.Equal(token.First, string.Concat(characters.Skip(token.Second).Take(token.First.EnumerateRunes().Count()))));
        Assert.Equal(text, string.Concat(tokens.Select(token => token.First)));
    }

    private static string BytesOf(JsonNode? token) => Convert.ToHexString([.. token!["bytes"].Ids().Select(value => (byte)value)]);

    private static string Joined(IEnumerable<JsonNode?> lists) => new JsonArray([.. lists.OfType<JsonArray>().SelectMany(list => list.Select(item => item?.DeepClone()))]).ToJsonString();
}
