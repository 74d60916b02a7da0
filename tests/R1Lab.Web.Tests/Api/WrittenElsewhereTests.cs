using System.Net;
using System.Text.Json.Nodes;
using R1Lab.Web.Tests.Models;

namespace R1Lab.Web.Tests.Api;

/// <summary>Model folders as other programs write them register and answer.</summary>
public sealed class WrittenElsewhereTests(LabHost lab) : IClassFixture<LabHost>, IDisposable
{
    private readonly HttpClient _client = lab.ApiClient();
    private readonly TemporaryFolder _folder = new();

    public void Dispose()
    {
        _client.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("config.json", "rope_scaling", "{}")]
    [InlineData("config.json", "rope_parameters", """{"rope_theta":10000.0}""")]
    [InlineData("config.json", "quantization_config", "{}")]
    [InlineData("config.json", "pad_token_id", "-1")]
    [InlineData("config.json", "time_step_limit", "[0.0, Infinity]")]
    [InlineData("config.json", "logit_cap", "NaN")]
    [InlineData("generation_config.json", "pad_token_id", "-1")]
    [InlineData("generation_config.json", "top_k", "-1")]
    [InlineData("generation_config.json", "max_time", "Infinity")]
    [InlineData("tokenizer_config.json", "model_max_length", "Infinity")]
    [InlineData("tokenizer.json", "version", "-Infinity")]
    public async Task Register_SettingOfAnotherProgram_LoadsAndAnswers(string file, string field, string value)
    {
        var folder = new PieceModel("hello"u8.ToArray()) { Generation = "{}" }.Write(Path.Combine(_folder.Path, "model"));
        var path = Path.Combine(folder, file);
        var json = JsonNode.Parse(await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken))!.AsObject();
        json.Remove(field);
        json["last"] = 0; // so that a comma may stand before it
        await File.WriteAllTextAsync(path, $"{{\"{field}\": {value}, {json.ToJsonString()[1..]}", TestContext.Current.CancellationToken);
        var name = Guid.NewGuid().ToString("N");

        var (status, card) = await _client.PostAsync("/api/v1/models", new { path = folder, name });
        var answer = await _client.AskAsync("/v1/completions", new { model = name, prompt = "?", temperature = 0, max_tokens = 9 });

        Assert.Equal((HttpStatusCode.Created, 0), (status, card["findings"]!.AsArray().Count));
        Assert.Equal(("hello", "stop"), (answer["choices"]![0]!["text"].Str(), answer["choices"]![0]!["finish_reason"].Str()));
    }

    // The model continues to <|eos|>, which only one of the three files calls an end.
    [Theory]
    [InlineData(PieceModel.End, null, false)]
    [InlineData(PieceModel.End, "{}", false)]
    [InlineData(PieceModel.OtherEnd, "eos", false)]
    [InlineData(PieceModel.OtherEnd, null, true)]
    public async Task Generate_EndTokenInOneFileAlone_EndsTheReplyAndIsAFinding(string tokenizer, string? generation, bool inConfig)
    {
        var model = new PieceModel("hello"u8.ToArray()) { TokenizerEnd = tokenizer };
        model = model with
        {
            Config = new JsonObject { ["eos_token_id"] = inConfig ? model.EndId : model.OtherEndId },
            Generation = generation == "eos" ? $$"""{"eos_token_id": {{model.EndId}}}""" : generation,
        };
        var name = Guid.NewGuid().ToString("N");

        var (_, card) = await _client.PostAsync("/api/v1/models", new { path = model.Write(Path.Combine(_folder.Path, "model")), name });
        var text = await _client.AskAsync("/v1/completions", new { model = name, prompt = "?", temperature = 0, max_tokens = 9 });
        var generated = await _client.AskAsync("/generate", new { model = name, inputs = "?", parameters = new { max_new_tokens = 9, details = true } });
        var chat = await _client.AskAsync("/v1/chat/completions", new { model = name, messages = new[] { new { role = "user", content = "1" } }, temperature = 0, max_tokens = 9 });

        Assert.Equal(("hello", "stop"), (text["choices"]![0]!["text"].Str(), text["choices"]![0]!["finish_reason"].Str()));
        Assert.Equal(("hello", "eos_token"), (generated["generated_text"].Str(), generated["details"]!["finish_reason"].Str()));
        Assert.Equal(("hello", "stop"), (chat["choices"]![0]!["message"]!["content"].Str(), chat["choices"]![0]!["finish_reason"].Str()));
        var warning = Assert.Single(card["findings"]!.AsArray())!;
        Assert.Equal(("end_tokens_differ", "eos_token_id", "warning"), (warning["code"].Str(), warning["field"].Str(), warning["severity"].Str()));
        Assert.Contains($"{model.OtherEndId}", warning["message"].Str(), StringComparison.Ordinal);
    }
}
