using Microsoft.Extensions.Options;
using R1Lab.Data.Datasets;
using R1Lab.Engine.Devices;
using R1Lab.Tests.Shared;
using R1Lab.Web.Device;
using R1Lab.Web.Options;
using R1Lab.Web.Serving;
using R1Lab.Web.Tests.Api;
using R1Lab.Web.Tests.Models;

namespace R1Lab.Web.Tests.Running;

/// <summary>What does not fit into memory is refused with its numbers, and the lab lives on.</summary>
public sealed class ModelRoomTests
{
    private const long Gibibyte = 1L << 30;

    // More than the tests and their neighbours take meanwhile.
    private const long Margin = 2 * Gibibyte;

    private static readonly ModelRoom Room = new(new DeviceMemory(Microsoft.Extensions.Options.Options.Create(new LabOptions())));

    [Fact]
    public void Demand_WhatFits_Passes() => Room.Demand("small", Needs(0), 0, 0);

    [Fact]
    public void Demand_WhatFitsOnceIdleModelsAreUnloaded_Passes() => Room.Demand("large", Needs(Room.Read().FreeBytes + Margin), 2 * Margin, 0);

    [Fact]
    public void Demand_WhatWaitsForModelsInUse_IsBusy() =>
        Assert.Throws<ModelBusyException>(() => Room.Demand("large", Needs(Room.Read().FreeBytes + Margin), 0, 2 * Margin));

    [Fact]
    public void Demand_WhatFitsInNoCase_IsRefusedWithNeedsHasAndWhatWouldFit()
    {
        var needs = Needs(Room.Read().FreeBytes + (100 * Gibibyte));

        var refused = Assert.Throws<ModelUnavailableException>(() => Room.Demand("huge", needs, Gibibyte, Gibibyte));

        Assert.True(refused.Exists);
        Assert.Equal("model_does_not_fit", refused.Problem!.Code);
        Assert.Matches(@"^The model 'huge' needs about \d+ GiB of memory to answer \(\d+ GiB of weights, .+ for an answer\); cpu has [\d.]+ GiB free\. A model of up to [\d.]+ B parameters would fit\.$", refused.Message);
    }

    [Fact]
    public async Task Chat_ModelLargerThanTheLimit_Is503WithACodeAndTheLabLives()
    {
        using var lab = LabHost.With(new() { ["Lab:MemoryLimit"] = "1000" });
        using var client = lab.ApiClient();
        await lab.Get<ModelLibrary>().RegisterAsync(Actors.Lab, ScriptedModel.Folder, ModelLab.Scripted, null, TestContext.Current.CancellationToken);

        var (status, chat) = await client.PostAsync("/v1/chat/completions", new { model = ModelLab.Scripted, messages = new[] { new { role = "user", content = "1+2?" } } });
        var completion = await client.RefusedAsync("/v1/completions", new { model = ModelLab.Scripted, prompt = "1+2?" });
        var tokenized = await client.AskAsync("/tokenize", new { model = ModelLab.Scripted, prompt = "1+2?" });

        Assert.Equal([(503, "model_does_not_fit"), (503, "model_does_not_fit")], [((int)status, chat["error"]!["code"].Str()), (completion.Status, completion.Code)]);
        Assert.Contains("would fit", chat["error"]!["message"].Str(), StringComparison.Ordinal);
        Assert.NotEmpty(tokenized["tokens"].Ids()); // needs no weights
        Assert.Equal(LoadState.Failed, Assert.Single(await lab.Get<ModelHost>().ListAsync(TestContext.Current.CancellationToken), model => model.Name == ModelLab.Scripted).State);
    }

    [Fact]
    public async Task OpenAsync_AfterTheLimitIsGone_Loads()
    {
        using var lab = LabHost.With(new() { ["Lab:MemoryLimit"] = "1000" });
        await lab.Get<ModelLibrary>().RegisterAsync(Actors.Lab, ScriptedModel.Folder, ModelLab.Scripted, null, TestContext.Current.CancellationToken);
        var host = lab.Get<ModelHost>();
        await Assert.ThrowsAsync<ModelUnavailableException>(() => host.OpenAsync(ModelLab.Scripted, TestContext.Current.CancellationToken));

        lab.Get<IOptions<LabOptions>>().Value.MemoryLimit = null;
        using var session = await host.OpenAsync(ModelLab.Scripted, TestContext.Current.CancellationToken);

        Assert.Equal(ModelLab.Scripted, session.Facts.Name);
    }

    [Fact]
    public async Task Create_RunLargerThanTheLimit_IsRefusedWithTheNumbers()
    {
        using var lab = LabHost.With(new() { ["Lab:MemoryLimit"] = "1000" });
        using var client = lab.ApiClient();
        await TinyRuns.AddGoldenDatasetAsync(lab.Get<DatasetStore>());

        var (status, refused) = await client.PostAsync("/api/v1/runs", TinyRuns.Recipe());

        Assert.Equal((422, "memory_does_not_fit"), ((int)status, refused["error"]!["code"].Str()));
        Assert.Contains("of memory and cpu has 1.0 KiB", refused["error"]!["message"].Str(), StringComparison.Ordinal);
    }

    private static ServingNeeds Needs(long weights) => new(weights, 0, 0, 1 << 20);
}
