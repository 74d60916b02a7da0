using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using R1Lab.Engine.Adapters;
using R1Lab.Engine.Training;
using R1Lab.Engine.Training.Receipts;
using R1Lab.Engine.Training.Recipe;

namespace R1Lab.Engine.Tests.Training;

public sealed class RecipeSchemaTests
{
    private static IReadOnlyList<RecipeField> Fields => RecipeSchema.Default.Fields;

    [Fact]
    public void Fields_AreThePropertiesOfTheRecipe_EachOnce()
    {
        var declared = Names(typeof(TrainingRecipe), "").Except(["lora", "lr_scheduler_kwargs"])
            .Concat(Names(typeof(LoraSettings), "lora.")).Concat(Names(typeof(SchedulerSettings), "lr_scheduler_kwargs."));

        Assert.Equal(declared.Order(StringComparer.Ordinal), Fields.Select(field => field.Name).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Copy_OfEveryField_MakesTheSameRecipe()
    {
        var copy = Fields.Aggregate(new TrainingRecipe(), (recipe, field) => field.Copy(StoredRecipes.Everything, recipe));

        Assert.Equal(StoredRecipes.Everything.ToJson(), copy.ToJson());
    }

    [Fact]
    public void WithJson_OfWhatReadJsonGave_ChangesNothing() => Assert.All(Fields, field =>
        Assert.Equal(
            StoredRecipes.Everything.ToJson(),
            field.WithJson(StoredRecipes.Everything, field.ReadJson(StoredRecipes.Everything))!.ToJson()));

    [Fact]
    public void WithJson_Null_IsTakenOnlyWhereTheSettingMayBeUnset() => Assert.All(Fields, field =>
        Assert.Equal(field.AllowsNull, field.WithJson(StoredRecipes.Everything, null) is { } unset && field.Read(unset) is null));

    [Fact]
    public void Bounds_OfNewRecipesAndPresets_Hold()
    {
        var presets = TrainingRecipe.PresetNames.Select(name => TrainingRecipe.Preset(name));
        TrainingRecipe[] recipes = [new(), TrainingRecipe.Initial, .. presets];

        Assert.All(recipes, recipe => Assert.All(Fields, field =>
            Assert.All(field.Bounds, bound => Assert.True(field.ReadNumber(recipe) is not { } value || bound.Holds(value), field.Name))));
    }

    // Whoever checks itself must refuse what the schema says is refused.
    [Theory]
    [InlineData("lora.r", "0")]
    [InlineData("lora.r", "65537")]
    [InlineData("lora.lora_alpha", "0")]
    [InlineData("lora.lora_dropout", "-0.1")]
    [InlineData("lora.lora_dropout", "1")]
    [InlineData("lora.loraplus_lr_ratio", "0")]
    [InlineData("neftune_noise_alpha", "-1")]
    public void Bounds_OfSettingsThatCheckThemselves_AreThoseOfTheirChecks(string name, string value)
    {
        var field = RecipeSchema.Default.Find(name)!;
        var recipe = field.WithJson(new TrainingRecipe { Model = "m", Dataset = "d" }, JsonNode.Parse(value))!;

        Assert.True(field.ChecksItself);
        Assert.Contains(field.Bounds, bound => !bound.Holds(field.ReadNumber(recipe)!.Value));
        Assert.Equal(name, Assert.Single(recipe.Problems(), problem => problem.IsError).Field);
    }

    [Fact]
    public void Tools_HaveOneSettingOfEachName()
    {
        Func<ToolNames, IEnumerable<string?>>[] tools =
        [
            names => [names.Transformers, names.Trl], names => [names.Peft], names => [names.Transformers, names.Trl, names.TrlCommand],
            names => [names.Transformers, names.LlamaFactory], names => [names.Axolotl],
        ];

        Assert.All(tools, tool => Assert.Equal(
            Fields.SelectMany(field => tool(field.Tools).OfType<string>().Distinct()).Distinct().Count(),
            Fields.Sum(field => tool(field.Tools).OfType<string>().Count())));
    }

    [Theory]
    [InlineData("""{"lora.r":3}""", "lora.r: There is no setting named lora.r.")]
    [InlineData("""{"lora":[]}""", "lora: lora must be of another form.")]
    [InlineData("""{"lora":null}""", "lora: lora must not be null.")]
    [InlineData("""{"lr_scheduler_kwargs":{"power":null}}""", "lr_scheduler_kwargs.power: lr_scheduler_kwargs.power must not be null.")]
    public void Parse_GroupsInAnotherForm_AreNamed(string json, string expected)
    {
        TrainingRecipe.Parse(json, out var problems);

        Assert.Equal([expected], problems.Select(problem => $"{problem.Field}: {problem.Message}"));
    }

    [Theory]
    [InlineData("""{"seed":1,"seed":2}""")]
    [InlineData("""{"lora":{"r":1,"r":2}}""")]
    [InlineData("""{"lora":{"rank_pattern":{"a":1,"a":2}}}""")]
    public void Json_SettingGivenTwice_IsRefused(string json)
    {
        Assert.Null(TrainingRecipe.Parse(json, out var problems));
        Assert.True(Assert.Single(problems).IsError);
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<TrainingRecipe>(json, TrainingRecipe.Json));
    }

    [Fact]
    public void Json_ReceiptOfALaterVersion_IsReadWithoutTheSettingsItAdds()
    {
        var receipt = new RunReceipt
        {
            Run = new ReceiptRun { Outcome = "finished" },
            Data = new ReceiptData { TrainHash = "a", EvaluationHash = "b" },
            Recipe = StoredRecipes.Everything,
            Model = new ReceiptModel { Fingerprint = "f" },
            Environment = new ReceiptEnvironment
            {
                Program = "p",
                DotNet = "n",
                OperatingSystem = "o",
                Processor = "c",
                Threads = 2,
                Device = "cpu",
            },
        };
        var later = receipt.ToJson().Replace("\"seed\":", "\"added\": {\"a\": [1]},\n\"seed\":", StringComparison.Ordinal)
            .Replace("\"init_from\":", "\"added\": 2, \"init_from\":", StringComparison.Ordinal);

        Assert.Contains("\"added\"", later, StringComparison.Ordinal);
        Assert.Equal(StoredRecipes.Everything.ToJson(), RunReceipt.Parse(later).Recipe.ToJson());
    }

    private static IEnumerable<string> Names(Type record, string prefix) => record
        .GetProperties(BindingFlags.Public | BindingFlags.Instance)
        .Where(property => property.CanWrite).Select(property => prefix + JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name));
}
