using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using R1Lab.Data.Runs;
using R1Lab.Engine.Training;
using R1Lab.Tests.Shared;

namespace R1Lab.Web.Tests.Api;

public sealed class RecipeEndpointTests
{
    private const string Llama = """
        model_name_or_path: meta/some-8b
        stage: sft
        finetuning_type: lora
        lora_rank: 24
        learning_rate: 1.5e-4
        num_train_epochs: 2
        cutoff_len: 1024
        invented_setting: 7
        """;

    [Fact]
    public async Task Import_LlamaFactoryYaml_GivesTheRecipeAndWhatBecameOfEveryValue()
    {
        using var lab = new LabHost();
        using var client = lab.ApiClient();
        using var body = new StringContent(Llama, Encoding.UTF8, "text/plain");

        using var response = await client.PostAsync("/api/v1/recipes/import", body, TestContext.Current.CancellationToken);

        var answer = await ReadAsync(response);
        var recipe = answer["recipe"]!;
        Assert.Equal((HttpStatusCode.OK, "llama_factory"), (response.StatusCode, answer["format"]!.GetValue<string>()));
        Assert.Equal((24, 1.5e-4, 1024), (recipe["lora"]!["r"]!.GetValue<int>(), recipe["learning_rate"]!.GetValue<double>(), recipe["max_length"]!.GetValue<int>()));
        var left = answer["values"]!.AsArray().Single(value => value!["name"]!.GetValue<string>() == "invented_setting")!;
        Assert.Equal(("not_carried", 8), (left["kind"]!.GetValue<string>(), left["line"]!.GetValue<int>()));
    }

    [Theory]
    [InlineData("nothing: here")]
    [InlineData("a: [1, 2")]
    [InlineData("")]
    public async Task Import_NoSettings_IsRefusedWithAReason(string text)
    {
        using var lab = new LabHost();
        using var client = lab.ApiClient();
        using var body = new StringContent(text, Encoding.UTF8, "text/plain");

        using var response = await client.PostAsync("/api/v1/recipes/import", body, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.UnprocessableEntity, response.StatusCode);
        Assert.Equal("recipe_unreadable", (await ReadAsync(response))["error"]!["code"]!.GetValue<string>());
    }

    [Theory]
    [InlineData("llama_factory", "lora_rank: 24")]
    [InlineData("axolotl", "lora_r: 24")]
    [InlineData("trl", "r=24")]
    public async Task Export_Run_ReadsInTheOtherToolsWords(string format, string expected)
    {
        using var lab = new LabHost();
        using var client = lab.ApiClient();
        var recipe = new TrainingRecipe { Model = "m", Dataset = "d", Lora = new() { R = 24 } };
        var run = await lab.Get<RunStore>().CreateAsync(Actors.Lab, new NewRun("one", recipe.ToJson(), "m"), TestContext.Current.CancellationToken);

        using var response = await client.GetAsync($"/api/v1/runs/{run.Id}/recipe?format={format}", TestContext.Current.CancellationToken);

        var answer = await ReadAsync(response);
        Assert.Equal(format, answer["format"]!.GetValue<string>());
        Assert.Contains(expected, answer["text"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/api/v1/runs/1/recipe?format=word", HttpStatusCode.UnprocessableEntity)]
    [InlineData("/api/v1/runs/1/recipe", HttpStatusCode.UnprocessableEntity)]
    [InlineData("/api/v1/runs/9/recipe?format=trl", HttpStatusCode.NotFound)]
    public async Task Export_UnknownFormatOrRun_IsRefused(string path, HttpStatusCode expected)
    {
        using var lab = new LabHost();
        using var client = lab.ApiClient();
        await lab.Get<RunStore>().CreateAsync(Actors.Lab, new NewRun("one", new TrainingRecipe().ToJson(), "m"), TestContext.Current.CancellationToken);

        using var response = await client.GetAsync(path, TestContext.Current.CancellationToken);

        Assert.Equal(expected, response.StatusCode);
    }

    private static async Task<JsonNode> ReadAsync(HttpResponseMessage response) =>
        JsonNode.Parse(await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken))!;
}
