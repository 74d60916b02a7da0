using System.Net;
using System.Text.Json.Nodes;
using R1Lab.Web.Serving;
using R1Lab.Web.Tests.Models;

namespace R1Lab.Web.Tests.Api;

/// <summary>The addresses of text-generation-inference.</summary>
public sealed class GenerateTests(ModelLab models) : IClassFixture<ModelLab>
{
    [Fact]
    public async Task Generate_Inputs_AnswersGeneratedTextAlone()
    {
        var answer = await models.Client.AskAsync("/generate", new { model = ModelLab.Scripted, inputs = "I add", parameters = new { max_new_tokens = 4 } });

        Assert.Equal("""{"generated_text":" the two numbers</think>"}""", answer.ToJsonString(Relaxed));
    }

    [Fact]
    public async Task Generate_Prompt_AnswersResponseToo()
    {
        var answer = await models.Client.AskAsync("/generate", new { model = ModelLab.Scripted, prompt = "I add", max_length = 2 });

        Assert.Equal((" the two", " the two"), (answer["response"].Str(), answer["generated_text"].Str()));
    }

    [Fact]
    public async Task Generate_Details_TellEveryToken()
    {
        var answer = await models.Client.AskAsync("/generate", new
        {
            model = ModelLab.Scripted,
            inputs = "I add",
            parameters = new { max_new_tokens = 50, details = true, decoder_input_details = true, top_n_tokens = 2, return_full_text = true },
        });

        var details = answer["details"]!;
        Assert.Equal($"I add{ScriptedModel.Reply[5..]}", answer["generated_text"].Str());
        Assert.Equal("eos_token", details["finish_reason"].Str());
        Assert.Equal(details["generated_tokens"].Int(), details["tokens"]!.AsArray().Count);
        Assert.Equal(["id", "text", "logprob", "special"], details["tokens"]![0]!.AsObject().Select(p => p.Key));
        Assert.True(details["tokens"]!.AsArray()[^1]!["special"]!.GetValue<bool>());
        Assert.Equal([null, true, true], details["prefill"]!.AsArray().Select(t => t!["logprob"] is null ? (bool?)null : true));
        Assert.All(details["top_tokens"]!.AsArray(), t => Assert.Equal(2, t!.AsArray().Count));
    }

    [Fact]
    public async Task Generate_StopText_EndsWithIt()
    {
        var answer = await models.Client.AskAsync("/generate", new { model = ModelLab.Scripted, inputs = "I", parameters = new { stop = new[] { "numbers" }, details = true } });

        Assert.Equal("stop_sequence", answer["details"]!["finish_reason"].Str());
    }

    [Fact]
    public async Task GenerateStream_Tokens_ComeOneByOneAndTheLastCarriesTheText()
    {
        var events = (await models.Client.StreamAsync("/generate_stream", new { model = ModelLab.Scripted, inputs = "I add", parameters = new { max_new_tokens = 3, details = true } }))
            .Select(e => JsonNode.Parse(e)!).ToList();

        Assert.Equal([1, 2, 3], events.Select(e => e["index"].Int()));
        Assert.Equal([" the", " two", " numbers"], events.Select(e => e["token"]!["text"].Str()));
        Assert.All(events, e => Assert.NotNull(e["token"]!["logprob"]));
        Assert.All(events.SkipLast(1), e => Assert.True(e["generated_text"] is null && e["details"] is null));
        Assert.Equal((" the two numbers", "length", 3), (events[^1]["generated_text"].Str(), events[^1]["details"]!["finish_reason"].Str(), events[^1]["details"]!["generated_tokens"].Int()));
    }

    [Theory]
    [InlineData("""{}""", "inputs")]
    [InlineData("""{"inputs":"x","parameters":{"max_new_tokens":0}}""", "max_new_tokens")]
    [InlineData("""{"inputs":"x","parameters":{"max_new_tokens":100000}}""", "100000")]
    [InlineData("""{"inputs":"x","parameters":{"temperature":-1}}""", "temperature")]
    [InlineData("""{"inputs":"x","parameters":{"top_p":2}}""", "top_p")]
    [InlineData("""{"inputs":"x","parameters":{"best_of":2}}""", "best_of")]
    [InlineData("""{"inputs":"x","parameters":{"grammar":{"type":"regex","value":"a"}}}""", "grammar")]
    [InlineData("""{"inputs":"x","parameters":{"truncate":0}}""", "truncate")]
    public async Task Generate_BadValue_IsAnsweredAsTgiDoes(string body, string named)
    {
        var request = JsonNode.Parse(body)!.AsObject();
        request["model"] = ModelLab.Scripted;

        var (status, answer) = await models.Client.PostAsync("/generate", request);

        Assert.Equal((HttpStatusCode.UnprocessableEntity, "validation"), (status, answer["error_type"].Str()));
        Assert.Contains(named, answer["error"].Str(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Info_Says_WhatIsServed()
    {
        var (status, info) = await models.Client.GetJsonAsync("/info");

        Assert.Equal(HttpStatusCode.OK, status);
        Assert.NotNull(info["model_id"]);
    }

    private static readonly System.Text.Json.JsonSerializerOptions Relaxed = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
