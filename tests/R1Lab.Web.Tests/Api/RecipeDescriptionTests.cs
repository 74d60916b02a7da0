using System.Globalization;
using System.Text.Json.Nodes;
using R1Lab.Engine.Training;
using R1Lab.Engine.Training.Recipe;

namespace R1Lab.Web.Tests.Api;

/// <summary>The OpenAPI document says of every setting what the server does with it.</summary>
public sealed class RecipeDescriptionTests(LabHost lab) : IClassFixture<LabHost>
{
    [Fact]
    public async Task Document_Recipe_HasEverySettingWithTypeDefaultAndChoices()
    {
        var properties = Flat((await RecipeAsync())["properties"]!.AsObject(), "");

        var fields = RecipeSchema.Default.Fields;
        Assert.Equal(fields.Select(field => field.Name).Order(StringComparer.Ordinal), properties.Keys.Order(StringComparer.Ordinal));
        Assert.All(fields, field =>
        {
            var property = properties[field.Name];
            var preset = field.Kind == SettingKind.Map ? null : field.ReadJson(TrainingRecipe.Initial);
            Assert.True(JsonNode.DeepEquals(preset, property["default"]), field.Name);
            var choices = property["enum"]?.AsArray().Select(choice => (string)choice!) ?? [];
            Assert.Equal(field.Kind == SettingKind.Choice ? field.Choices : [], choices);
            Assert.Equal(field.AllowsNull, property["type"] is JsonArray types && types.Any(type => (string)type! == "null"));
        });
    }

    // Values at a documented bound are taken, and those beyond it are not.
    [Theory]
    [InlineData("per_device_train_batch_size", "minimum", 1, "maximum", 4096)]
    [InlineData("adam_beta1", "minimum", 0, "exclusiveMaximum", 1)]
    [InlineData("lora.r", "minimum", 1, "maximum", 65536)]
    [InlineData("lora.lora_dropout", "minimum", 0, "exclusiveMaximum", 1)]
    public async Task Document_Bounds_AreThoseOfTheChecks(string name, string lower, double least, string upper, double most)
    {
        var property = Flat((await RecipeAsync())["properties"]!.AsObject(), "")[name];

        Assert.Equal((least, most), (Number(property[lower]), Number(property[upper])));
    }

    [Fact]
    public async Task Document_Descriptions_AreEnglishWhateverTheClientReads()
    {
        using var client = lab.CreateClient();
        client.DefaultRequestHeaders.AcceptLanguage.ParseAdd("zh-CN");

        var recipe = await RecipeAsync(client);

        Assert.Equal("Random seed. The same seed repeats the same run.", (string)recipe["properties"]!["seed"]!["description"]!);
    }

    private async Task<JsonObject> RecipeAsync(HttpClient? client = null)
    {
        using var own = lab.CreateClient();
        var (_, document) = await (client ?? own).GetJsonAsync("/openapi/v1.json");
        var schema = document["paths"]!["/api/v1/runs"]!["post"]!["requestBody"]!["content"]!["application/json"]!["schema"]!.AsObject();
        if (schema["$ref"] is not { } reference) return schema;
        return document["components"]!["schemas"]![((string)reference!).Split('/')[^1]]!.AsObject();
    }

    private static double Number(JsonNode? bound) => double.Parse(bound!.ToString(), CultureInfo.InvariantCulture);

    private static Dictionary<string, JsonObject> Flat(JsonObject properties, string prefix) =>
        properties.SelectMany(property => property.Value!["properties"] is JsonObject inner
            ? Flat(inner, property.Key + ".")
            : new() { [prefix + property.Key] = property.Value!.AsObject() }).ToDictionary();
}
