using System.Text.Json.Nodes;
using R1Lab.Data.Datasets;
using R1Lab.Web.Tests.Running;

namespace R1Lab.Web.Tests.Api;

/// <summary>The answer to a new run announces the steps that it then takes.</summary>
public sealed class PlannedStepsTests
{
    // 16 rows, 3 per step: 6 steps per epoch with a short one at its end, or 16 where steps run on.
    [Theory]
    [InlineData(null, false, 18)]
    [InlineData("carry_over", false, 16)]
    [InlineData("drop_last", false, 15)]
    [InlineData(null, true, null)]
    public async Task Create_RunByEpochs_TakesTheStepsItAnnounces(string? end, bool packing, int? steps)
    {
        using var lab = new LabHost();
        using var client = lab.ApiClient();
        await TinyRuns.AddGoldenDatasetAsync(lab.Get<DatasetStore>());
        var recipe = TinyRuns.Recipe(("max_steps", null), ("num_train_epochs", 3), ("per_device_train_batch_size", 3), ("packing", packing), ("max_length", 64));
        if (end is not null) recipe["epoch_end"] = end;

        var id = await TinyRuns.StartAsync(client, recipe);
        var announced = (await TinyRuns.GetAsync(client, $"/api/v1/runs/{id}"))["total_steps"]!.GetValue<int>();
        var state = await TinyRuns.WaitForAsync(client, id, "finished", "failed");

        Assert.Equal(("finished", announced), (state["status"]!.GetValue<string>(), state["step"]!.GetValue<int>()));
        if (steps is { } known) Assert.Equal(known, announced);
        else Assert.InRange(announced, 1, 17);
    }

    [Fact]
    public async Task Again_RunOfBeforeTheSetting_KeepsItsSteps()
    {
        using var lab = new LabHost();
        using var client = lab.ApiClient();
        await TinyRuns.AddGoldenDatasetAsync(lab.Get<DatasetStore>());
        var id = await TinyRuns.StartAsync(client, TinyRuns.Recipe(("max_steps", null), ("num_train_epochs", 1), ("per_device_train_batch_size", 3), ("epoch_end", "carry_over")));
        await TinyRuns.WaitForAsync(client, id, "finished", "failed");

        using var again = await client.PostAsync($"/api/v1/runs/{id}/again", null, TestContext.Current.CancellationToken);

        var made = JsonNode.Parse(await again.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
        Assert.Equal(6, made["total_steps"]!.GetValue<int>());
        await TinyRuns.WaitForAsync(client, made["id"]!.GetValue<int>(), "finished", "failed");
    }
}
