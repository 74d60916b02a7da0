using System.Text.Json.Nodes;
using R1Lab.Web.Tests.Models;

namespace R1Lab.Web.Tests.Api;

/// <summary><c>/v1/chat/completions</c> with a model whose words are known.</summary>
public sealed class ChatCompletionTests(ModelLab models) : IClassFixture<ModelLab>
{
    private const string Path = "/v1/chat/completions";
    private static readonly object[] Question = [new { role = "user", content = "1+2?" }];

    [Fact]
    public async Task Chat_WholeAnswer_SplitsTheThoughtFromTheAnswer()
    {
        var answer = (await models.Client.AskAsync(Path, new { model = ModelLab.Scripted, messages = Question, temperature = 0 })).AsObject();

        Assert.Equal(["choices", "created", "id", "model", "object", "system_fingerprint", "usage"], answer.Select(p => p.Key).Order());
        Assert.Equal("chat.completion", answer["object"].Str());
        var choice = answer["choices"]![0]!;
        Assert.Equal((0, "stop"), (choice["index"].Int(), choice["finish_reason"].Str()));
        var expected = new JsonObject { ["content"] = ScriptedModel.Answer, ["reasoning_content"] = ScriptedModel.Thought, ["role"] = "assistant", ["reasoning"] = ScriptedModel.Thought };
        Assert.True(JsonNode.DeepEquals(expected, choice["message"]), choice.ToJsonString());
        Assert.Equal(answer["usage"]!["prompt_tokens"].Int() + answer["usage"]!["completion_tokens"].Int(), answer["usage"]!["total_tokens"].Int());
    }

    [Fact]
    public async Task Chat_Streamed_SendsTheThoughtThenTheAnswerThenUsageThenDone()
    {
        var chunks = await models.Client.ChunksAsync(Path, new { model = ModelLab.Scripted, messages = Question, temperature = 0, stream = true, stream_options = new { include_usage = true } });

        Assert.All(chunks, c => Assert.Equal("chat.completion.chunk", c["object"].Str()));
        Assert.Single(chunks.Select(c => (c["id"].Str(), c["created"]!.GetValue<long>())).Distinct());
        Assert.Equal("assistant", chunks[0]["choices"]![0]!["delta"]!["role"].Str());
        Assert.Equal(ScriptedModel.Thought, Joined(chunks, "reasoning_content"));
        Assert.Equal(ScriptedModel.Thought, Joined(chunks, "reasoning"));
        Assert.Equal(ScriptedModel.Answer, Joined(chunks, "content"));
        Assert.Equal("stop", chunks[^2]["choices"]![0]!["finish_reason"].Str());
        Assert.All(chunks.SkipLast(2), c => Assert.Null(c["choices"]![0]!["finish_reason"]));
        Assert.Empty(chunks[^1]["choices"]!.AsArray());
        Assert.True(chunks[^1]["usage"]!["completion_tokens"].Int() > 8);
    }

    [Fact]
    public async Task Chat_TokenIdsAndLogprobsStreamed_JoinToTheWhole()
    {
        var request = new Dictionary<string, object> { ["model"] = ModelLab.Scripted, ["messages"] = Question, ["temperature"] = 0, ["return_token_ids"] = true, ["logprobs"] = true, ["top_logprobs"] = 2 };
        var whole = await models.Client.AskAsync(Path, request);

        var chunks = await models.Client.ChunksAsync(Path, new Dictionary<string, object>(request) { ["stream"] = true });

        var parts = chunks.Select(c => c["choices"]![0]!).ToList();
        Assert.Equal(whole["choices"]![0]!["token_ids"].Ids(), parts.Where(p => p["token_ids"] is not null).SelectMany(p => p["token_ids"].Ids()));
        Assert.Equal(whole["prompt_token_ids"].Ids(), chunks[0]["prompt_token_ids"].Ids());
        var scored = whole["choices"]![0]!["logprobs"]!["content"]!.AsArray();
        Assert.Equal(scored.Select(s => s!.ToJsonString()), parts.Where(p => p["logprobs"] is not null).SelectMany(p => p["logprobs"]!["content"]!.AsArray()).Select(s => s!.ToJsonString()));
        Assert.All(scored, s => Assert.Equal(["token", "logprob", "bytes", "top_logprobs"], s!.AsObject().Select(p => p.Key)));
        Assert.All(scored, s => Assert.Equal(2, s!["top_logprobs"]!.AsArray().Count));
    }

    [Fact]
    public async Task Chat_CutInsideTheThought_HasAThoughtAndNoAnswer()
    {
        var answer = await models.Client.AskAsync(Path, new { model = ModelLab.Scripted, messages = Question, temperature = 0, max_completion_tokens = 3 });

        var choice = answer["choices"]![0]!;
        Assert.Equal(("I add the", "length"), (choice["message"]!["reasoning_content"].Str(), choice["finish_reason"].Str()));
        Assert.Equal("", choice["message"]!["content"]?.GetValue<string>() ?? "");
    }

    [Fact]
    public async Task Chat_TemplateVariable_ChangesThePrompt()
    {
        var thinking = await PromptAsync(true);
        var plain = await PromptAsync(false);

        Assert.Equal(2, thinking - plain); // <think> and the line break

        async Task<int> PromptAsync(bool think) => (await models.Client.AskAsync(
            Path, new { model = ModelLab.Scripted, messages = Question, max_tokens = 1, chat_template_kwargs = new { enable_thinking = think } }))["usage"]!["prompt_tokens"].Int();
    }

    [Fact]
    public async Task Chat_ThoughtSentBack_IsLeftToTheTemplate()
    {
        object[] plain = [.. Question, new { role = "assistant", content = "3" }, new { role = "user", content = "sure?" }];
        object[] withThought = [.. Question, new { role = "assistant", content = "3", reasoning_content = "hm", reasoning = "hm" }, new { role = "user", content = new[] { new { type = "text", text = "sure?" } } }];

        Assert.Equal(await PromptAsync(plain), await PromptAsync(withThought));

        async Task<string> PromptAsync(object[] messages) =>
            (await models.Client.AskAsync(Path, new { model = ModelLab.Scripted, messages, max_tokens = 1, return_token_ids = true }))["prompt_token_ids"]!.ToJsonString();
    }

    [Theory]
    [InlineData("""{}""", "messages")]
    [InlineData("""{"messages":[]}""", "messages")]
    [InlineData("""{"messages":[{"content":"x"}]}""", "messages[0].role")]
    [InlineData("""{"messages":[{"role":"judge","content":"x"}]}""", "messages[0].role")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"image_url"}]}]}""", "messages[0].content[0]")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"max_tokens":0}""", "max_tokens")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"max_completion_tokens":30000}""", "max_completion_tokens")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"top_logprobs":21}""", "top_logprobs")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"temperature":-1}""", "temperature")]
    [InlineData("""{"messages":"hello"}""", "messages")]
    [InlineData("""{"messages":[{"role":"tool","content":"x"}]}""", "messages")]
    [InlineData("""{"messages":[{"role":"assistant","content":"x"}],"continue_final_message":true,"add_generation_prompt":true}""", "continue_final_message")]
    public async Task Chat_BadValue_NamesTheField(string body, string field)
    {
        var request = JsonNode.Parse(body)!.AsObject();
        request["model"] = ModelLab.Scripted;

        var refused = await models.Client.RefusedAsync(Path, request);

        Assert.Equal((400, field), (refused.Status, refused.Field));
    }

    [Fact]
    public async Task Chat_ModelWithoutTokenizer_SaysSo()
    {
        var refused = await models.Client.RefusedAsync(Path, new { model = ModelLab.Golden, messages = Question });

        Assert.Equal((400, "messages"), (refused.Status, refused.Field));
    }

    [Fact]
    public async Task Models_List_NamesBasesAndAdapters()
    {
        var (_, list) = await models.Client.GetJsonAsync("/v1/models");

        Assert.Equal("list", list["object"].Str());
        var byName = list["data"]!.AsArray().ToDictionary(m => m!["id"].Str(), m => m!);
        Assert.Equal([ModelLab.Adapter, ModelLab.Golden, ModelLab.Scripted], byName.Keys.Order(StringComparer.Ordinal));
        Assert.Equal((ModelLab.Golden, ModelLab.Golden, "model"), (byName[ModelLab.Adapter]["parent"].Str(), byName[ModelLab.Adapter]["root"].Str(), byName[ModelLab.Adapter]["object"].Str()));
        Assert.Equal(ScriptedModel.MaxLength, byName[ModelLab.Scripted]["max_model_len"].Int());
    }

    [Fact]
    public async Task Chat_NoModelRegistered_IsUnavailable()
    {
        using var lab = new LabHost();
        using var client = lab.ApiClient();

        var refused = await client.RefusedAsync(Path, new { messages = Question });

        Assert.Equal((503, "model_unavailable"), (refused.Status, refused.Code));
    }

    private static string Joined(IReadOnlyList<JsonNode> chunks, string field) =>
        string.Concat(chunks.SelectMany(c => c["choices"]!.AsArray()).Select(c => c!["delta"]![field]?.GetValue<string>()));
}
