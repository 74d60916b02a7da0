using System.Text.Json.Nodes;
using R1Lab.Engine.Generation;
using R1Lab.Tests.Shared;
using R1Lab.Web.Serving;
using R1Lab.Web.Tests.Api;

namespace R1Lab.Web.Tests.Models;

/// <summary>Files that are replaced on disk and registered again are what is served from then on, under a fingerprint of their own.</summary>
public sealed class ReplacedFilesTests(ModelLab models) : IClassFixture<ModelLab>
{
    private const string Registered = "/api/v1/models";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Register_AdapterReplaced_ServesTheNewOneUnderAnotherFingerprint()
    {
        using var adapter = ModelCopy.OfAdapter("lora");
        await RegisterAdapterAsync(adapter, "replaced");
        var before = await CompleteAsync("replaced");

        adapter.Take(ReferenceFiles.Golden("huggingface", "adapters", "dora"));
        await RegisterAdapterAsync(adapter, "replaced");
        var after = await CompleteAsync("replaced");

        using var fresh = ModelCopy.OfAdapter("dora");
        await RegisterAdapterAsync(fresh, "fresh");
        Assert.Equal(await CompleteAsync("fresh"), after);
        Assert.NotEqual(before.Fingerprint, after.Fingerprint);
        Assert.NotEqual(before.Logprobs, after.Logprobs);
    }

    [Fact]
    public async Task Register_AdapterReplacedWhileASessionIsOpen_EndsTheSessionWithTheOldOne()
    {
        using var adapter = ModelCopy.OfAdapter("lora");
        await RegisterAdapterAsync(adapter, "in use");
        var host = models.Lab.Get<ModelHost>();
        using var old = await host.OpenAsync("in use", Cancellation);
        var before = await TokensAsync(old);

        adapter.Take(ReferenceFiles.Golden("huggingface", "adapters", "dora"));
        await RegisterAdapterAsync(adapter, "in use");
        using var replaced = await host.OpenAsync("in use", Cancellation);
        var after = await TokensAsync(replaced);

        Assert.Equal(before, await TokensAsync(old));
        old.Dispose();
        Assert.Equal(after, await TokensAsync(replaced));
        Assert.NotEqual(old.Facts.Fingerprint, replaced.Facts.Fingerprint);
    }

    [Fact]
    public async Task Register_TokenizerReplaced_ServesTheNewOneUnderAnotherFingerprint()
    {
        using var model = ModelCopy.OfScripted();
        var first = await models.Client.AskAsync(Registered, new { path = model.Path, name = "other words" });
        var (tokens, answer) = (await TokenizeAsync("other words"), await ChatAsync("other words"));
        using (await models.Lab.Get<ModelHost>().OpenAsync("other words", Cancellation)) Assert.NotEmpty(tokens);

        var tokenizer = JsonNode.Parse(await File.ReadAllTextAsync(model.File("tokenizer.json"), Cancellation))!;
        tokenizer["model"]!["merges"]!.AsArray().Clear();
        await File.WriteAllTextAsync(model.File("tokenizer.json"), tokenizer.ToJsonString(), Cancellation);
        var second = await models.Client.AskAsync(Registered, new { path = model.Path, name = "other words" });

        Assert.Equal(first["id"].Int(), second["id"].Int());
        Assert.NotEqual(first["fingerprint"].Str(), second["fingerprint"].Str());
        Assert.True((await TokenizeAsync("other words")).Count > tokens.Count);
        Assert.NotEqual(answer["system_fingerprint"].Str(), (await ChatAsync("other words"))["system_fingerprint"].Str());
        Assert.True((await ChatAsync("other words"))["usage"]!["prompt_tokens"].Int() > answer["usage"]!["prompt_tokens"].Int());
    }

    [Fact]
    public async Task Register_TemplateReplaced_IsWhatChatIsAskedWith()
    {
        using var model = ModelCopy.OfScripted();
        await models.Client.AskAsync(Registered, new { path = model.Path, name = "other turns" });
        var before = await ChatAsync("other turns");

        await File.WriteAllTextAsync(model.File("chat_template.jinja"), "{{ messages[0].content }}{{ messages[0].content }}", Cancellation);
        await models.Client.AskAsync(Registered, new { path = model.Path, name = "other turns" });
        var after = await ChatAsync("other turns");

        Assert.NotEqual(before["system_fingerprint"].Str(), after["system_fingerprint"].Str());
        Assert.NotEqual(before["usage"]!["prompt_tokens"].Int(), after["usage"]!["prompt_tokens"].Int());
    }

    [Fact]
    public async Task Register_BaseReplacedWhileItIsInUse_IsLoadedBesideTheOldOne()
    {
        using var model = new ModelCopy(ModelLab.GoldenModel(ModelLab.Golden));
        await models.Client.AskAsync(Registered, new { path = model.Path, name = "swapped" });
        var host = models.Lab.Get<ModelHost>();
        using var old = await host.OpenAsync("swapped", Cancellation);
        var before = await TokensAsync(old);

        model.Take(ModelLab.GoldenModel("llama_linear_bias"));
        var card = await models.Client.AskAsync(Registered, new { path = model.Path, name = "swapped" });
        using var replaced = await host.OpenAsync("swapped", Cancellation);

        Assert.NotEqual(before, await TokensAsync(replaced));
        Assert.Equal(before, await TokensAsync(old));
        Assert.False(await host.UnloadAsync(Actors.Admin, card["id"].Int(), Cancellation));
        old.Dispose();
        replaced.Dispose();
        Assert.True(await host.UnloadAsync(Actors.Admin, card["id"].Int(), Cancellation));
        Assert.Equal(LoadState.NotLoaded, (await host.ListAsync(Cancellation)).Single(one => one.Name == "swapped").State);
    }

    [Fact]
    public async Task List_FilesReplacedAndNotRegisteredAgain_SaysSoUntilTheyAre()
    {
        using var adapter = ModelCopy.OfAdapter("lora");
        await RegisterAdapterAsync(adapter, "noticed");
        var host = models.Lab.Get<ModelHost>();
        using var open = await host.OpenAsync("noticed", Cancellation);
        var before = await FindingsAsync();

        adapter.Take(ReferenceFiles.Golden("huggingface", "adapters", "dora"));
        var replaced = await FindingsAsync();
        await RegisterAdapterAsync(adapter, "noticed");
        (await host.OpenAsync("noticed", Cancellation)).Dispose();

        Assert.Empty(before);
        Assert.Equal(["files_changed"], replaced);
        Assert.Empty(await FindingsAsync());

        async Task<IEnumerable<string>> FindingsAsync() =>
            (await host.ListAsync(Cancellation)).Single(model => model.Name == "noticed").Findings.Select(finding => finding.Code).ToList();
    }

    private Task<JsonNode> RegisterAdapterAsync(ModelCopy adapter, string name) =>
        models.Client.AskAsync(Registered, new Dictionary<string, string> { ["path"] = adapter.Path, ["name"] = name, ["base"] = ModelLab.Golden });

    private async Task<(string Fingerprint, string Logprobs)> CompleteAsync(string model)
    {
        var answer = await models.Client.AskAsync("/v1/completions", new { model, prompt = new[] { 5, 6, 7 }, max_tokens = 8, temperature = 0, ignore_eos = true, logprobs = 1 });
        return (answer["system_fingerprint"].Str(), answer["choices"]![0]!["logprobs"]!["token_logprobs"]!.ToJsonString());
    }

    private Task<JsonNode> ChatAsync(string model) =>
        models.Client.AskAsync("/v1/chat/completions", new { model, messages = new[] { new { role = "user", content = "the numbers" } }, max_tokens = 2, temperature = 0 });

    private async Task<IReadOnlyList<int>> TokenizeAsync(string model) => (await models.Client.AskAsync("/tokenize", new { model, prompt = "the numbers" }))["tokens"].Ids();

    private static async Task<string> TokensAsync(LocalEngine session)
    {
        var settings = new GenerationSettings { MaxNewTokens = 8, Temperature = 0, IgnoreEos = true, Logprobs = 0 };
        var result = await session.GenerateAsync(new EngineRequest([], [5, 6, 7], settings), null, Cancellation);
        return string.Join(' ', result.Logprobs!.Select(one => one.Logprob));
    }
}
