using System.Net;
using R1Lab.Tests.Shared;
using R1Lab.Web.Serving;
using R1Lab.Web.Tests.Api;
using R1Lab.Web.Tests.Running;

namespace R1Lab.Web.Tests.Models;

/// <summary>A model that registration accepts loads; one that does not load is refused before it is asked anything.</summary>
public sealed class RegistrationTests(LabHost lab) : IClassFixture<LabHost>
{
    private const string Models = "/api/v1/models";
    private const string Broken = "{% for message in messages %}{{ message.content }}";

    private readonly HttpClient _client = lab.ApiClient();

    public static TheoryData<string> Faults => [.. ModelFaults.Names];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory, MemberData(nameof(Faults))]
    public async Task Register_FolderThatDoesNotLoad_IsRefusedWithTheReason(string fault)
    {
        using var model = ModelCopy.OfScripted();
        var named = ModelFaults.Make(fault, model.Path);

        var (status, answer) = await _client.PostAsync(Models, new { path = model.Path, name = fault });

        Assert.Equal(HttpStatusCode.UnprocessableEntity, status);
        Assert.All(named, word => Assert.Contains(word, answer["error"]!["message"].Str(), StringComparison.Ordinal));
        Assert.Equal(HttpStatusCode.NotFound, (await _client.GetJsonAsync($"{Models}/{Uri.EscapeDataString(fault)}")).Status);
    }

    [Fact]
    public async Task Register_KnownFolderThatIsBrokenNow_KeepsItsName()
    {
        using var model = ModelCopy.OfScripted();
        await _client.AskAsync(Models, new { path = model.Path, name = "before" });
        ModelFaults.Make("WordPiece", model.Path);

        Assert.Equal(422, (await _client.RefusedAsync(Models, new { path = model.Path, name = "after" })).Status);

        Assert.Equal(HttpStatusCode.OK, (await _client.GetJsonAsync($"{Models}/before")).Status);
        Assert.Equal(HttpStatusCode.NotFound, (await _client.GetJsonAsync($"{Models}/after")).Status);
    }

    [Fact]
    public async Task Register_BrokenTemplate_DisablesChatOnlyAndSaysSo()
    {
        using var model = ModelCopy.OfScripted();
        await File.WriteAllTextAsync(model.File("chat_template.jinja"), Broken, Cancellation);

        var card = await _client.AskAsync(Models, new { path = model.Path, name = "speechless" });
        var completion = await _client.AskAsync("/v1/completions", new { model = "speechless", prompt = "I add", max_tokens = 2, temperature = 0 });
        var (status, chat) = await _client.PostAsync("/v1/chat/completions", new { model = "speechless", messages = new[] { new { role = "user", content = "1+2?" } } });
        var tokens = await _client.RefusedAsync("/tokenize", new { model = "speechless", messages = new[] { new { role = "user", content = "1+2?" } } });

        Assert.Equal("chat_template_broken", Assert.Single(card["findings"]!.AsArray())!["code"].Str());
        Assert.Equal(2, completion["usage"]!["completion_tokens"].Int());
        Assert.Equal((HttpStatusCode.BadRequest, "messages"), (status, chat["error"]!["param"].Str()));
        Assert.Contains("chat template", chat["error"]!["message"].Str(), StringComparison.Ordinal);
        Assert.Equal((400, "messages"), (tokens.Status, tokens.Field));
        Assert.False((await lab.Get<ModelHost>().ListAsync(Cancellation)).Single(one => one.Name == "speechless").CanChat);
    }

    [Theory]
    [InlineData("WordPiece")]
    [InlineData("float64")]
    [InlineData("file cut off")]
    public async Task Ask_ModelThatBrokeAfterRegistration_IsRefusedUntilItIsRepaired(string fault)
    {
        using var model = ModelCopy.OfScripted();
        var name = $"broke {fault}";
        await _client.AskAsync(Models, new { path = model.Path, name });
        var question = new { model = name, messages = new[] { new { role = "user", content = "1+2?" } }, max_tokens = 2 };
        var named = ModelFaults.Make(fault, model.Path);

        for (var asked = 0; asked < 2; asked++)
        {
            var (status, answer) = await _client.PostAsync("/v1/chat/completions", question);
            Assert.Equal((HttpStatusCode.UnprocessableEntity, "model", "model_unusable"), (status, answer["error"]!["param"].Str(), answer["error"]!["code"].Str()));
            Assert.All(named, word => Assert.Contains(word, answer["error"]!["message"].Str(), StringComparison.Ordinal));
        }

        Assert.Equal(LoadState.Failed, (await lab.Get<ModelHost>().ListAsync(Cancellation)).Single(one => one.Name == name).State);
        model.Take(ScriptedModel.Folder);
        Assert.Equal(2, (await _client.AskAsync("/v1/chat/completions", question))["usage"]!["completion_tokens"].Int());
    }

    [Fact]
    public async Task Scan_GoodAndBrokenFolders_ListsWhyTheBrokenAreRefused()
    {
        using var root = new R1Lab.Tests.Shared.TemporaryFolder();
        var faults = ModelFaults.Names.Select((fault, index) => (Fault: fault, Folder: root.Path($"m{index}"))).ToList();
        foreach (var folder in faults.Select(one => one.Folder).Append(root.Path("good")))
        {
            Directory.CreateDirectory(folder);
            foreach (var file in Directory.GetFiles(ScriptedModel.Folder)) File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        var named = faults.ToDictionary(one => one.Folder, one => ModelFaults.Make(one.Fault, one.Folder));
        using var other = LabHost.With(new() { ["Lab:ModelFolders:0"] = root.Root, ["Lab:SamplesFolder"] = root.Path("none") });
        var library = other.Get<ModelLibrary>();

        await library.ScanAsync(Actors.Lab, Cancellation);

        Assert.Equal(["good"], (await library.ListAsync(Cancellation)).Select(model => model.Name));
        Assert.Equal(named.Keys.Order(), library.Refused.Select(folder => folder.Path).Order());
        Assert.All(library.Refused, folder => Assert.All(named[folder.Path], word => Assert.Contains(word, folder.Reason, StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("float64")]
    [InlineData("tensor missing")]
    [InlineData("WordPiece")]
    [InlineData("clashing added tokens")]
    [InlineData(null)]
    public async Task StartRun_ModelThatDoesNotLoad_IsRefusedAtTheStart(string? fault)
    {
        using var model = ModelCopy.OfScripted();
        if (fault is null) await File.WriteAllTextAsync(model.File("chat_template.jinja"), Broken, Cancellation);
        var named = fault is null ? ["chat template"] : ModelFaults.Make(fault, model.Path);
        await TinyRuns.AddTextDatasetAsync(lab.Get<R1Lab.Data.Datasets.DatasetStore>(), ("1+1?", "2"), ("2+2?", "4"));

        var (status, answer) = await _client.SendAsync(HttpMethod.Post, "/api/v1/runs", ApiCalls.Json(TinyRuns.Recipe(("model", model.Path), ("dataset", "talk"))));

        Assert.Equal((HttpStatusCode.UnprocessableEntity, "model_bad"), (status, answer["error"]!["code"].Str()));
        Assert.All(named, word => Assert.Contains(word, answer["error"]!["message"].Str(), StringComparison.Ordinal));
    }

    [Fact]
    public async Task StartRun_AdapterThatDoesNotFit_IsRefusedAtTheStart()
    {
        using var adapter = ModelCopy.OfAdapter("lora");
        WeightEdits.Reshape(adapter.File("adapter_model.safetensors"), "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight", 8, 3);
        await TinyRuns.AddGoldenDatasetAsync(lab.Get<R1Lab.Data.Datasets.DatasetStore>());
        var recipe = TinyRuns.Recipe(("lora", new System.Text.Json.Nodes.JsonObject { ["init_from"] = adapter.Path }));

        var (status, answer) = await _client.SendAsync(HttpMethod.Post, "/api/v1/runs", ApiCalls.Json(recipe));

        Assert.Equal((HttpStatusCode.UnprocessableEntity, "model_bad"), (status, answer["error"]!["code"].Str()));
        Assert.Contains("[8,3]", answer["error"]!["message"].Str(), StringComparison.Ordinal);
    }
}
