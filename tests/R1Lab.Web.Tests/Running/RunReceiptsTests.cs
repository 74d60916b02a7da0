using System.Net;
using R1Lab.Data.Datasets;
using R1Lab.Engine.Training;
using R1Lab.Web.Tests.Api;
using R1Lab.Web.Training;

namespace R1Lab.Web.Tests.Running;

public sealed class RunReceiptsTests
{
    [Fact]
    public async Task Receipt_OfAFinishedRun_TellsWhatItWasMadeFromAndRepeatsTheLosses()
    {
        using var lab = new LabHost();
        using var client = lab.ApiClient();
        await TinyRuns.AddGoldenDatasetAsync(lab.Get<DatasetStore>());
        var first = await TinyRuns.StartAsync(client, TinyRuns.Recipe(("max_steps", 10), ("val_size", 2)));
        await TinyRuns.WaitForAsync(client, first, "finished", "failed");
        using var again = await client.PostAsync($"/api/v1/runs/{first}/again", null, TestContext.Current.CancellationToken);
        var second = (int)System.Text.Json.Nodes.JsonNode.Parse(await again.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!["id"]!;
        await TinyRuns.WaitForAsync(client, second, "finished", "failed");

        var receipt = RunReceipt.Parse(await client.GetStringAsync($"/api/v1/runs/{first}/receipt", TestContext.Current.CancellationToken));

        Assert.Equal(("finished", 10, "golden", 16, 14, 2), (receipt.Run.Outcome, receipt.Run.Step, receipt.Data.Name, receipt.Data.RowsIn, receipt.Data.RowsTrained, receipt.Data.RowsEvaluated));
        Assert.Equal(10, receipt.Curves.Count(step => step.Loss is not null));
        Assert.Equal("finished", receipt.Events[^1].Kind);
        Assert.Equal(receipt.Environment.Device == "cpu", receipt.Environment.DeviceName is null);
        Assert.Contains(receipt.Results, file => file.Path == "adapter/adapter_model.safetensors" && file.Sha256.Length == 64);
        Assert.True(receipt.SameLosses(lab.Get<RunReceipts>().Find(second)!, 10));
        var comparison = await TinyRuns.GetAsync(client, $"/api/v1/runs/{first}/receipt/diff?other={second}");
        Assert.Equal((10, true), (comparison["common_losses"]!.GetValue<int>(), comparison["same_losses"]!.GetValue<bool>()));
        Assert.DoesNotContain(comparison["differences"]!.AsArray(), difference => difference!["group"]!.GetValue<string>() != "outcome");
    }

    [Fact]
    public async Task Receipt_OfARunThatLeavesRowsOut_NamesThemByReason()
    {
        using var lab = new LabHost();
        using var client = lab.ApiClient();
        (string, string)[] rows = [.. Enumerable.Range(0, 5).Select(i => ($"What is {i} + 1?", $"<think>One more.</think>{i + 1}")), ("Count.", $"<think>Long.</think>{string.Join(' ', Enumerable.Range(0, 400))}")];
        await TinyRuns.AddTextDatasetAsync(lab.Get<DatasetStore>(), rows);
        var id = await TinyRuns.StartAsync(client, TinyRuns.Recipe(("model", TinyRuns.ThinkingModel), ("dataset", "talk"), ("max_steps", 1), ("max_length", 128)));
        await TinyRuns.WaitForAsync(client, id, "finished", "failed");

        var data = lab.Get<RunReceipts>().Find(id)!.Data;

        Assert.Equal((6, 5, 1), (data.RowsIn, data.RowsTrained, data.RowsLeftOut["too_long"]));
        Assert.Equal(6, Assert.Single(data.LeftOut["too_long"]));
    }

    [Fact]
    public async Task Receipt_OfARunThatNeverBegan_IsNotThere()
    {
        using var lab = new LabHost();
        using var client = lab.ApiClient();

        using var missing = await client.GetAsync("/api/v1/runs/12/receipt", TestContext.Current.CancellationToken);

        using var compared = await client.GetAsync("/api/v1/runs/12/receipt/diff?other=13", TestContext.Current.CancellationToken);
        using var unnamed = await client.GetAsync("/api/v1/runs/12/receipt/diff", TestContext.Current.CancellationToken);

        Assert.Equal([HttpStatusCode.NotFound, HttpStatusCode.NotFound, HttpStatusCode.BadRequest], new[] { missing.StatusCode, compared.StatusCode, unnamed.StatusCode });
        Assert.Null(lab.Get<RunReceipts>().Find(12));
    }
}
