using System.Text.Json.Nodes;
using R1Lab.Web.Tests.Models;

namespace R1Lab.Web.Tests.Api;

/// <summary>A stream, joined, is the whole answer, whatever the settings: texts, thoughts, reasons, tokens, scores and usage.</summary>
public sealed class StreamTests(ModelLab models) : IClassFixture<ModelLab>
{
    private const string Chat = "/v1/chat/completions";
    private const string Text = "/v1/completions";

    /// <summary>Fields beside model, question and temperature 0. The reply ends with a character of four tokens, so 11 to 14 cut it.</summary>
    public static TheoryData<string> Settings =>
    [
        "{}",
        """{"max_tokens":1}""",
        """{"max_tokens":4}""",
        """{"max_tokens":10}""",
        """{"max_tokens":11}""",
        """{"max_tokens":12}""",
        """{"max_tokens":13}""",
        """{"max_tokens":14}""",
        """{"stop":[" is three"]}""",
        """{"stop":["three","The"]}""",
        """{"stop":["🎉 never"]}""",
        """{"stop":["two numbers</think>The answer is four","never"],"max_tokens":8}""",
        """{"ignore_eos":true,"max_tokens":40}""",
        """{"skip_special_tokens":false}""",
        """{"n":3,"temperature":1,"seed":5,"max_tokens":20}""",
        """{"n":2,"stop":["numbers"]}""",
        """{"temperature":1,"seed":9,"top_p":0.5,"presence_penalty":1,"frequency_penalty":1,"max_tokens":30}""",
    ];

    [Theory, MemberData(nameof(Settings))]
    public async Task Chat_AnySettings_StreamsTheWholeAnswer(string settings)
    {
        var request = Request(settings, """{"messages":[{"role":"user","content":"1+2?"}],"logprobs":true,"top_logprobs":1}""");
        var whole = await models.Client.AskAsync(Chat, request);

        var chunks = await StreamedAsync(Chat, request);

        Assert.Equal(whole["usage"]!.ToJsonString(), chunks[^1]["usage"]!.ToJsonString());
        Assert.All(whole["choices"]!.AsArray(), choice =>
        {
            var parts = PartsOf(chunks, choice!);
            Assert.All(new[] { "content", "reasoning_content" }, field =>
                Assert.Equal(TextOf(choice!["message"]!, field), string.Concat(parts.Select(part => TextOf(part["delta"]!, field)))));
            Assert.Equal(Joined([choice!["logprobs"]!["content"]!]), Joined(parts.Select(part => part["logprobs"]?["content"])));
            AssertSameEndAndTokens(choice, parts);
        });
    }

    [Theory, MemberData(nameof(Settings))]
    public Task Complete_AnySettings_StreamsTheWholeAnswer(string settings) =>
        AssertCompletionAsync(Request(settings, """{"prompt":"I","logprobs":1}"""));

    [Theory]
    [InlineData("""{"prompt":"I add","echo":true,"logprobs":0,"max_tokens":4}""")]
    [InlineData("""{"prompt":"I add","echo":true,"logprobs":0,"n":2,"max_tokens":3}""")]
    [InlineData("""{"prompt":["I add","The answer is"],"echo":true,"logprobs":0,"n":2,"max_tokens":2}""")]
    [InlineData("""{"prompt":["I add","The"],"n":3,"seed":1,"temperature":1,"max_tokens":7}""")]
    [InlineData("""{"prompt":["I add","The"],"echo":true}""")]
    public Task Complete_EchoAndSeveralPrompts_StreamTheWholeAnswer(string settings) => AssertCompletionAsync(Request(settings, "{}"));

    // Every choice of every prompt begins with its own prompt, and the offsets are those of the text.
    [Fact]
    public async Task Complete_EchoOfSeveralPromptsAndChoices_BeginsEachWithItsPrompt()
    {
        string[] prompts = ["I add", "The answer"];

        var request = Request("""{"n":2,"max_tokens":2,"echo":true,"logprobs":0}""", """{"prompt":["I add","The answer"]}""");
        var answer = await models.Client.AskAsync(Text, request);

        Assert.All(answer["choices"]!.AsArray().Index(), choice =>
        {
            var text = choice.Item!["text"].Str();
            Assert.StartsWith(prompts[choice.Index / 2], text, StringComparison.Ordinal);
            // The first token begins every text and is not shown; of the others each stands where its offset says.
            var tokens = choice.Item["logprobs"]!["tokens"]!.AsArray().Select(token => token.Str()).Skip(1);
            var offsets = choice.Item["logprobs"]!["text_offset"].Ids();
            Assert.Equal(0, offsets[0]);
            Assert.All(tokens.Zip(offsets.Skip(1)), token => Assert.Equal(token.First, text.Substring(token.Second, token.First.Length)));
        });
    }

    // A token whose embedding is no number: the reply breaks off in its middle, when the status has long been sent.
    [Theory]
    [InlineData(Chat, """{"messages":[{"role":"user","content":"1+2?"}]}""")]
    [InlineData(Text, """{"prompt":"I"}""")]
    [InlineData("/generate_stream", """{"inputs":"I"}""")]
    public async Task Stream_ModelFailsInTheMiddle_EndsWithTheErrorAndNoDone(string path, string body)
    {
        await models.Client.PostAsync("/api/v1/models", new { path = ScriptedModel.Breaking, name = "breaking" });
        var request = JsonNode.Parse(body)!.AsObject();
        (request["model"], request["stream"]) = ("breaking", true);
        if (path != "/generate_stream") request["temperature"] = 0;

        var events = await models.Client.StreamAsync(path, request);

        Assert.DoesNotContain("[DONE]", events);
        Assert.True(events.Count > 1);
        Assert.All(events.SkipLast(1), sent => Assert.Null(JsonNode.Parse(sent)!["error"]));
        Assert.Contains("its log says why", JsonNode.Parse(events[^1])!["error"]!.ToJsonString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(50)]
    public async Task Generate_Truncate_KeepsTheLastTokensOfTheInput(int truncate)
    {
        var whole = await PrefillAsync(null);

        Assert.Equal(whole.TakeLast(truncate), await PrefillAsync(truncate));

        async Task<IReadOnlyList<int>> PrefillAsync(int? keep)
        {
            var answer = await models.Client.AskAsync("/generate", new
            {
                model = ModelLab.Scripted,
                inputs = "I add the",
                parameters = new { max_new_tokens = 1, details = true, decoder_input_details = true, truncate = keep },
            });
            return [.. answer["details"]!["prefill"]!.AsArray().Select(token => token!["id"].Int())];
        }
    }

    // What the model's own generation_config says, where the request does not; without do_sample its sampling fields are not meant.
    [Theory]
    [InlineData("""{"do_sample":true,"temperature":0.2}""", """{"temperature":0.2}""", true)]
    [InlineData("""{"do_sample":true,"temperature":0.2}""", """{"temperature":1}""", false)]
    [InlineData("""{"do_sample":false,"temperature":0.2}""", """{"temperature":1}""", true)]
    [InlineData("""{"do_sample":true,"temperature":1,"top_k":2}""", """{"top_k":2}""", true)]
    [InlineData("""{"do_sample":true,"temperature":1,"top_k":2}""", """{"top_k":-1}""", false)]
    [InlineData("""{"do_sample":true,"temperature":1,"top_p":0.1}""", """{"top_p":0.1}""", true)]
    [InlineData("""{"do_sample":true,"temperature":1,"top_p":0.1}""", """{"top_p":1}""", false)]
    public async Task Complete_FieldLeftOut_TakesTheModelsDefault(string defaults, string given, bool same)
    {
        using var folder = new TemporaryFolder();
        var files = Directory.GetFiles(ModelLab.GoldenModel(ModelLab.Golden));
        foreach (var file in files) File.Copy(file, Path.Combine(folder.Path, Path.GetFileName(file)));
        await File.WriteAllTextAsync(Path.Combine(folder.Path, "generation_config.json"), defaults, TestContext.Current.CancellationToken);
        var model = Path.GetFileName(folder.Path);
        await models.Client.AskAsync("/api/v1/models", new { path = folder.Path, name = model });

        Assert.Equal(same, await TokensAsync("{}") == await TokensAsync(given));

        async Task<string> TokensAsync(string settings)
        {
            const string sampled = """{"prompt":[94,44,208],"max_tokens":30,"seed":4,"ignore_eos":true,"return_token_ids":true}""";
            var request = Request(settings, sampled, greedy: false);
            request["model"] = model;
            return (await models.Client.AskAsync(Text, request))["choices"]![0]!["token_ids"]!.ToJsonString();
        }
    }

    [Theory]
    [InlineData(2, null, 2)]
    [InlineData(null, 3, 3)]
    [InlineData(2, 3, 3)]
    [InlineData(3, 2, 2)]
    public async Task Chat_BothLimits_TheNewerFieldWins(int? maxTokens, int? maxCompletionTokens, int expected)
    {
        var request = Request("{}", """{"messages":[{"role":"user","content":"1+2?"}]}""");
        if (maxTokens is { } older) request["max_tokens"] = older;
        if (maxCompletionTokens is { } newer) request["max_completion_tokens"] = newer;

        Assert.Equal(expected, (await models.Client.AskAsync(Chat, request))["usage"]!["completion_tokens"].Int());
    }

    private static JsonObject Request(string settings, string more, bool greedy = true)
    {
        var request = JsonNode.Parse(more)!.AsObject();
        request["model"] = ModelLab.Scripted;
        if (greedy) (request["temperature"], request["return_token_ids"], request["max_tokens"]) = (0, true, 50);
        foreach (var (field, value) in JsonNode.Parse(settings)!.AsObject()) request[field] = value?.DeepClone();
        return request;
    }

    private async Task AssertCompletionAsync(JsonObject request)
    {
        var whole = await models.Client.AskAsync(Text, request);

        var chunks = await StreamedAsync(Text, request);

        Assert.Equal(whole["usage"]!.ToJsonString(), chunks[^1]["usage"]!.ToJsonString());
        Assert.All(whole["choices"]!.AsArray(), choice =>
        {
            var parts = PartsOf(chunks, choice!);
            Assert.Equal(choice!["text"].Str(), string.Concat(parts.Select(part => part["text"].Str())));
            string[] fields = choice["logprobs"] is null ? [] : ["tokens", "token_logprobs", "top_logprobs", "text_offset"];
            Assert.All(fields, field =>
                Assert.Equal(Joined([choice["logprobs"]![field]]), Joined(parts.Select(part => part["logprobs"]?[field]))));
            AssertSameEndAndTokens(choice, parts);
        });
    }

    private async Task<IReadOnlyList<JsonNode>> StreamedAsync(string path, JsonObject request)
    {
        var streamed = request.DeepClone().AsObject();
        (streamed["stream"], streamed["stream_options"]) = (true, new JsonObject { ["include_usage"] = true });
        return await models.Client.ChunksAsync(path, streamed);
    }

    private static List<JsonNode> PartsOf(IReadOnlyList<JsonNode> chunks, JsonNode choice) =>
        [.. chunks.SelectMany(chunk => chunk["choices"]!.AsArray()).OfType<JsonNode>()
            .Where(part => part["index"].Int() == choice["index"].Int())];

    private static void AssertSameEndAndTokens(JsonNode choice, List<JsonNode> parts)
    {
        Assert.Equal(choice["finish_reason"].Str(), parts[^1]["finish_reason"].Str());
        Assert.All(parts.SkipLast(1), part => Assert.Null(part["finish_reason"]));
        if (choice["token_ids"] is not { } ids) return;
        Assert.Equal(ids.Ids(), parts.Where(part => part["token_ids"] is not null).SelectMany(part => part["token_ids"].Ids()));
    }

    private static string TextOf(JsonNode message, string field) => message[field]?.GetValue<string>() ?? "";

    private static IEnumerable<string> Joined(IEnumerable<JsonNode?> lists) =>
        lists.OfType<JsonNode>().SelectMany(list => list.AsArray()).Select(one => one?.ToJsonString() ?? "null");
}
