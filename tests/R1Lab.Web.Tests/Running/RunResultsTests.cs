using R1Lab.Data.Datasets;
using R1Lab.Tests.Shared;
using R1Lab.Web.Tests.Api;

namespace R1Lab.Web.Tests.Running;

/// <summary>A result is registered as what its files are.</summary>
public sealed class RunResultsTests(LabHost lab) : IClassFixture<LabHost>
{
    [Theory]
    [InlineData("full", "bfloat16", "bfloat16", "float32")]
    [InlineData("full", "float32", "float32", "float32")]
    [InlineData("lora", "bfloat16", "float32", "float32")]
    public async Task Finish_RunOfAType_RegistersTheTypeOfTheSavedFiles(string method, string dtype, string saved, string ofBase)
    {
        using var client = lab.ApiClient();
        await TinyRuns.AddGoldenDatasetAsync(lab.Get<DatasetStore>());
        var name = $"{method} in {dtype}";

        var run = await TinyRuns.StartAsync(client, TinyRuns.Recipe(("name", name), ("method", method), ("dtype", dtype), ("max_steps", 1)));
        await TinyRuns.WaitForAsync(client, run, "finished", "failed");

        var models = (await client.GetJsonAsync("/api/v1/models")).Body.AsArray();
        Assert.Equal(saved, models.Single(model => model!["name"].Str() == name)!["dtype"].Str());
        Assert.All(models.Where(model => model!["path"].Str() == TinyRuns.Model), model => Assert.Equal(ofBase, model!["dtype"].Str()));
    }
}
