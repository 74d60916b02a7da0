using System.Text.Json.Nodes;
using R1Lab.Tests.Shared;
using R1Lab.Web.Device;
using R1Lab.Web.Serving;
using R1Lab.Web.Tests.Models;

namespace R1Lab.Web.Tests.Api;

/// <summary><c>/v1/completions</c> by token ids, against what Hugging Face generates.</summary>
public sealed class CompletionTests(ModelLab models) : IClassFixture<ModelLab>
{
    private const string Path = "/v1/completions";
    private static readonly int[] Prompt = [94, 44, 208, 396, 447, 25, 30, 38];

    [Theory]
    [InlineData("llama_base")]
    [InlineData("llama_rope3_tied")]
    [InlineData("llama_linear_bias")]
    [InlineData("qwen2")]
    [InlineData("qwen3")]
    [InlineData("qwen3_yarn")]
    public async Task Complete_Greedy_GivesTheReferenceTokens(string model)
    {
        await models.Client.PostAsync("/api/v1/models", new { path = ModelLab.GoldenModel(model) });

        foreach (var wanted in Cases(model).Where(c => c!["num_beams"] is null && c["attention_mask"] is null))
        {
            var ids = wanted!["input_ids"]![0].Ids();
            var expected = wanted["sequences"]![0].Ids().Skip(ids.Count).ToList();
            var eos = wanted["eos_token_id"]?.GetValue<int>();
            var answer = await models.Client.AskAsync(Path, new
            {
                model,
                prompt = ids,
                temperature = 0,
                max_tokens = eos is null ? expected.Count : 40,
                ignore_eos = true,
                stop_token_ids = eos is null ? Array.Empty<int>() : [eos.Value],
                repetition_penalty = wanted["repetition_penalty"]?.GetValue<double>() ?? 1,
                return_token_ids = true,
            });

            var choice = answer["choices"]![0]!;
            Assert.Equal(expected, choice["token_ids"].Ids());
            Assert.Equal(ids, choice["prompt_token_ids"].Ids());
            Assert.Equal(eos is null ? "length" : "stop", choice["finish_reason"].Str());
        }
    }

    [Fact]
    public async Task Complete_WholeAnswer_HasTheShapeOfOpenAi()
    {
        var answer = (await models.Client.AskAsync(Path, new { model = ModelLab.Golden, prompt = Prompt, temperature = 0, max_tokens = 3, ignore_eos = true })).AsObject();

        Assert.Equal(["choices", "created", "id", "model", "object", "system_fingerprint", "usage"], answer.Select(p => p.Key).Order());
        Assert.Equal(("text_completion", ModelLab.Golden), (answer["object"].Str(), answer["model"].Str()));
        Assert.StartsWith("cmpl-", answer["id"].Str(), StringComparison.Ordinal);
        Assert.Equal("""{"prompt_tokens":8,"completion_tokens":3,"total_tokens":11}""", answer["usage"]!.ToJsonString());
        Assert.Equal(["finish_reason", "index", "logprobs", "text"], answer["choices"]![0]!.AsObject().Select(p => p.Key).Order());
    }

    [Fact]
    public async Task Complete_Streamed_PiecesJoinToTheWhole()
    {
        var whole = await models.Client.AskAsync(Path, Sampled(stream: false));

        var chunks = await models.Client.ChunksAsync(Path, Sampled(stream: true));

        Assert.Single(chunks.Select(c => (c["id"].Str(), c["created"]!.GetValue<long>())).Distinct());
        Assert.Equal(whole["choices"]![0]!["token_ids"].Ids(), chunks.SelectMany(c => c["choices"]!.AsArray()).Where(c => c!["token_ids"] is not null).SelectMany(c => c!["token_ids"].Ids()));
        Assert.Equal(Prompt, chunks[0]["choices"]![0]!["prompt_token_ids"].Ids());
        Assert.Equal("length", chunks[^2]["choices"]![0]!["finish_reason"].Str());
        Assert.Empty(chunks[^1]["choices"]!.AsArray());
        Assert.Equal(whole["usage"]!.ToJsonString(), chunks[^1]["usage"]!.ToJsonString());
        Assert.All(chunks.SkipLast(1), c => Assert.True(c.AsObject().ContainsKey("usage") && c["usage"] is null));

        static object Sampled(bool stream) => new
        {
            model = ModelLab.Golden,
            prompt = Prompt,
            temperature = 0.8,
            seed = 7,
            max_tokens = 20,
            ignore_eos = true,
            return_token_ids = true,
            stream,
            stream_options = new { include_usage = true },
        };
    }

    [Fact]
    public async Task Complete_EchoWithoutNewTokens_ScoresThePromptAsGenerationDoes()
    {
        var generated = await models.Client.AskAsync(Path, new { model = ModelLab.Golden, prompt = Prompt, temperature = 0, max_tokens = 5, ignore_eos = true, logprobs = 2, return_token_ids = true });
        int[] text = [.. Prompt, .. generated["choices"]![0]!["token_ids"].Ids()];

        var scored = await models.Client.AskAsync(Path, new { model = ModelLab.Golden, prompt = text, max_tokens = 0, echo = true, logprobs = 2 });

        var logprobs = scored["choices"]![0]!["logprobs"]!;
        Assert.Equal(["text_offset", "token_logprobs", "tokens", "top_logprobs"], logprobs.AsObject().Select(p => p.Key).Order());
        Assert.All(logprobs.AsObject(), list => Assert.Equal(text.Length, list.Value!.AsArray().Count));
        Assert.Null(logprobs["token_logprobs"]![0]);
        Assert.Null(logprobs["top_logprobs"]![0]);
        Assert.Equal(text.Select(id => $"token_id:{id}"), logprobs["tokens"]!.AsArray().Select(t => t.Str()));
        var expected = generated["choices"]![0]!["logprobs"]!["token_logprobs"]!.AsArray();
        for (var i = 0; i < expected.Count; i++) Assert.Equal(expected[i]!.GetValue<double>(), logprobs["token_logprobs"]![Prompt.Length + i]!.GetValue<double>(), 1e-4);
        Assert.Equal(0, scored["usage"]!["completion_tokens"].Int());
    }

    [Fact]
    public async Task Complete_EchoStreamed_CarriesThePromptsScoresInTheFirstPiece()
    {
        var request = new Dictionary<string, object> { ["model"] = ModelLab.Golden, ["prompt"] = Prompt, ["temperature"] = 0, ["max_tokens"] = 3, ["ignore_eos"] = true, ["echo"] = true, ["logprobs"] = 0 };
        var whole = await models.Client.AskAsync(Path, request);

        var chunks = await models.Client.ChunksAsync(Path, new Dictionary<string, object>(request) { ["stream"] = true });
        var scoredOnly = await models.Client.ChunksAsync(Path, new Dictionary<string, object>(request) { ["stream"] = true, ["max_tokens"] = 0 });

        var streamed = chunks.SelectMany(c => c["choices"]![0]!["logprobs"]?["tokens"]!.AsArray().Select(t => t.Str()) ?? []);
        Assert.Equal(whole["choices"]![0]!["logprobs"]!["tokens"]!.AsArray().Select(t => t.Str()), streamed);
        Assert.Equal(Prompt.Length, Assert.Single(scoredOnly)["choices"]![0]!["logprobs"]!["tokens"]!.AsArray().Count);
    }

    [Fact]
    public async Task Complete_AdapterByName_AnswersOtherwiseThanItsBase()
    {
        var tuned = await TokensAsync(ModelLab.Adapter);
        var plain = await TokensAsync(ModelLab.Golden);

        Assert.NotEqual(plain, tuned);

        async Task<IReadOnlyList<int>> TokensAsync(string model) =>
            (await models.Client.AskAsync(Path, new { model, prompt = Prompt, temperature = 0, max_tokens = 8, ignore_eos = true, return_token_ids = true }))["choices"]![0]!["token_ids"].Ids();
    }

    [Fact]
    public async Task Complete_SeveralChoices_AreNumberedAndRepeatable()
    {
        var request = new { model = ModelLab.Golden, prompt = Prompt, temperature = 1.0, seed = 3, n = 3, max_tokens = 12, ignore_eos = true, return_token_ids = true };

        var first = await models.Client.AskAsync(Path, request);
        var again = await models.Client.AskAsync(Path, request);

        Assert.Equal([0, 1, 2], first["choices"]!.AsArray().Select(c => c!["index"].Int()));
        Assert.Equal(3, first["choices"]!.AsArray().Select(c => string.Join(',', c!["token_ids"].Ids())).Distinct().Count());
        Assert.Equal(first["choices"]!.ToJsonString(), again["choices"]!.ToJsonString());
        Assert.Equal((8, 36), (first["usage"]!["prompt_tokens"].Int(), first["usage"]!["completion_tokens"].Int()));
    }

    [Fact]
    public async Task Complete_ListOfPrompts_AnswersEach()
    {
        var answer = await models.Client.AskAsync(Path, new { model = ModelLab.Golden, prompt = new[] { Prompt, [70, 140, 220] }, temperature = 0, max_tokens = 2, ignore_eos = true, return_token_ids = true });

        Assert.Equal([0, 1], answer["choices"]!.AsArray().Select(c => c!["index"].Int()));
        Assert.Equal([70, 140, 220], answer["choices"]![1]!["prompt_token_ids"].Ids());
        Assert.Equal(11, answer["usage"]!["prompt_tokens"].Int());
    }

    [Theory]
    [InlineData("""{"prompt":[1,512]}""", "prompt")]
    [InlineData("""{"prompt":[-1]}""", "prompt")]
    [InlineData("""{"prompt":[1.5]}""", "prompt")]
    [InlineData("""{"prompt":[1,"a"]}""", "prompt")]
    [InlineData("""{"prompt":[]}""", "prompt")]
    [InlineData("""{"prompt":{}}""", "prompt")]
    [InlineData("""{}""", "prompt")]
    [InlineData("""{"prompt":"text"}""", "prompt")]
    [InlineData("""{"prompt":[1],"max_tokens":256}""", "max_tokens")]
    [InlineData("""{"prompt":[1],"max_tokens":-1}""", "max_tokens")]
    [InlineData("""{"prompt":[1],"max_tokens":0}""", "max_tokens")]
    [InlineData("""{"prompt":[1],"max_tokens":"many"}""", "max_tokens")]
    [InlineData("""{"prompt":[1],"temperature":-0.1}""", "temperature")]
    [InlineData("""{"prompt":[1],"temperature":"hot"}""", "temperature")]
    [InlineData("""{"prompt":[1],"top_p":0}""", "top_p")]
    [InlineData("""{"prompt":[1],"top_p":1.5}""", "top_p")]
    [InlineData("""{"prompt":[1],"min_p":2}""", "min_p")]
    [InlineData("""{"prompt":[1],"repetition_penalty":0}""", "repetition_penalty")]
    [InlineData("""{"prompt":[1],"logprobs":-1}""", "logprobs")]
    [InlineData("""{"prompt":[1],"n":0}""", "n")]
    [InlineData("""{"prompt":[1],"n":1000}""", "n")]
    [InlineData("""{"prompt":[1],"stop":[1]}""", "stop")]
    [InlineData("""{"prompt":[1],"stop":""}""", "stop")]
    [InlineData("""{"prompt":[1],"stop_token_ids":[-3]}""", "stop_token_ids")]
    public async Task Complete_BadValue_NamesTheField(string body, string field)
    {
        var request = JsonNode.Parse(body)!.AsObject();
        request["model"] = ModelLab.Golden;

        var refused = await models.Client.RefusedAsync(Path, request);

        Assert.Equal((400, field), (refused.Status, refused.Field));
    }

    [Fact]
    public async Task Complete_MorePromptsThanMayEverWait_NamesTheLimit()
    {
        static JsonObject Request(int prompts) => new()
        {
            ["model"] = ModelLab.Golden,
            ["max_tokens"] = 1,
            ["prompt"] = new JsonArray([.. Enumerable.Range(0, prompts).Select(_ => (JsonNode)new JsonArray(1, 2))]),
        };

        var refused = await models.Client.RefusedAsync(Path, Request(65)); // another time would be no better: not 429
        using var most = await models.Client.PostAsync(new Uri(Path, UriKind.Relative), new StringContent(Request(64).ToJsonString(), System.Text.Encoding.UTF8, "application/json"), TestContext.Current.CancellationToken);

        Assert.Equal((400, "prompt", System.Net.HttpStatusCode.OK), (refused.Status, refused.Field, most.StatusCode));
    }

    [Fact]
    public async Task Complete_PromptLongerThanTheModel_IsRefused()
    {
        var refused = await models.Client.RefusedAsync(Path, new { model = ModelLab.Golden, prompt = Enumerable.Repeat(1, 300) });

        Assert.Equal(400, refused.Status);
        Assert.Contains(refused.Field, new[] { "prompt", "max_tokens" });
    }

    [Fact]
    public async Task Complete_UnknownModel_IsNotFound()
    {
        var refused = await models.Client.RefusedAsync(Path, new { model = "nobody", prompt = Prompt });

        Assert.Equal((404, "model", "model_not_found"), refused);
    }

    [Fact]
    public async Task Complete_UnknownFields_AreIgnored()
    {
        var answer = await models.Client.AskAsync(Path, new { model = ModelLab.Golden, prompt = Prompt, max_tokens = 1, user = "me", best_of = 1, something_new = new { a = 1 } });

        Assert.Single(answer["choices"]!.AsArray());
    }

    [Fact]
    public async Task Complete_TextPrompt_ContinuesItAndEchoes()
    {
        var answer = await models.Client.AskAsync(Path, new { model = ModelLab.Scripted, prompt = "I add", temperature = 0, max_tokens = 50, echo = true });

        Assert.Equal($"I add{ScriptedModel.Reply[5..]}", answer["choices"]![0]!["text"].Str());
        Assert.Equal("stop", answer["choices"]![0]!["finish_reason"].Str());
    }

    [Fact]
    public async Task Complete_TextStreamed_NeverSendsHalfACharacterAndStopsBeforeTheStopText()
    {
        var whole = await models.Client.ChunksAsync(Path, new { model = ModelLab.Scripted, prompt = "I", temperature = 0, max_tokens = 50, stream = true });
        var stopped = await models.Client.ChunksAsync(Path, new { model = ModelLab.Scripted, prompt = "I", temperature = 0, max_tokens = 50, stream = true, stop = " is three" });

        Assert.Equal(ScriptedModel.Reply[1..], Joined(whole));
        Assert.DoesNotContain(whole, c => c["choices"]![0]!["text"].Str().Contains('\uFFFD', StringComparison.Ordinal));
        Assert.Equal(" add the two numbers</think>The answer", Joined(stopped));
        Assert.Equal("stop", stopped[^1]["choices"]![0]!["finish_reason"].Str());

        static string Joined(IReadOnlyList<JsonNode> chunks) => string.Concat(chunks.Select(c => c["choices"]![0]!["text"].Str()));
    }

    [Fact]
    public async Task Complete_ClientLeaves_GenerationEndsLongBeforeItsLimit()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Path)
        {
            Content = ApiCalls.Json(new { model = ModelLab.Scripted, prompt = "I", max_tokens = ScriptedModel.MaxLength - 10, ignore_eos = true, stream = true }),
        };
        var response = await models.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        var body = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        await body.ReadExactlyAsync(new byte[64], TestContext.Current.CancellationToken);

        response.Dispose();

        // The device comes free as soon as nobody generates.
        using var loan = await models.Lab.Get<DeviceLease>().AcquireAsync("test", "test", TestContext.Current.CancellationToken).WaitAsync(Patience.For(TimeSpan.FromSeconds(5)), TestContext.Current.CancellationToken);
        Assert.NotNull(loan);
    }

    [Fact]
    public async Task Complete_ClientLeavesTheLine_IsNeverStarted()
    {
        var loan = await models.Lab.Get<DeviceLease>().AcquireAsync("test", "test", TestContext.Current.CancellationToken);
        using var leave = new CancellationTokenSource();
        var waiting = models.Client.PostAsync(Path, ApiCalls.Json(new { model = ModelLab.Golden, prompt = Prompt }), leave.Token);

        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        loan.Dispose();

        var next = await models.Client.AskAsync(Path, new { model = ModelLab.Golden, prompt = Prompt, max_tokens = 1 });
        Assert.Single(next["choices"]!.AsArray());
    }

    private static JsonArray Cases(string model) =>
        JsonNode.Parse(File.ReadAllText(ReferenceFiles.Golden("huggingface", "golden", "generate", $"{model}.json")))!["cases"]!.AsArray();
}
