using System.Globalization;
using Bunit;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Localization;
using Microsoft.OpenApi;
using R1Lab.Engine.Exchange;
using R1Lab.Engine.Training;
using R1Lab.Engine.Training.Recipe;
using R1Lab.Tests.Shared;
using R1Lab.Web.Api;
using R1Lab.Web.Components.Pages.Runs;
using R1Lab.Web.Training;

namespace R1Lab.Web.Tests.Running;

/// <summary>
/// One setting more, with a property to hold it, an entry in the schema and its texts, reaches everything that knows settings. A commit
/// that adds one touches four files: <c>TrainingRecipe.cs</c>, the file of its group of <c>RecipeSchema</c>, <c>RecipeFieldInput.resx</c> and
/// <c>RecipeFieldInput.zh-CN.resx</c>; then the code that acts on it.
/// </summary>
public sealed class NewSettingTests : PageTest
{
    // What a recipe of this program holds as early_stopping_threshold.
    private static readonly RecipeField Added = RecipeFieldOf
        .Number("weight_noise", recipe => recipe.EarlyStoppingThreshold, (recipe, value) => recipe with { EarlyStoppingThreshold = value })
        .AtLeast(0).Below(1).Named(new() { Transformers = "weight_noise_factor", Axolotl = "noise_of_weights" })
        .When(recipe => recipe.Method != TrainingMethod.Qlora) with
    {
        Group = RecipeGroup.Advanced,
        StaysWithPreset = true,
    };

    private static readonly RecipeSchema Schema =
        new([.. RecipeSchema.Default.Fields.Where(field => field.Name != "early_stopping_threshold"), Added]);

    private static readonly TrainingRecipe Noisy = new() { Model = "m", Dataset = "d", EarlyStoppingThreshold = 0.25 };

    private static readonly Dictionary<string, string> Labels = new() { ["en"] = "Weight noise", ["zh-CN"] = "权重噪声" };

    public NewSettingTests()
    {
        var known = Services.BuildServiceProvider().GetRequiredService<IStringLocalizer<RecipeFieldInput>>();
        Services.AddSingleton<IStringLocalizer<RecipeFieldInput>>(new WithOneMore(known));
    }

    [Fact]
    public void Json_HoldsIt()
    {
        Assert.EndsWith(",\"weight_noise\":0.25}", Schema.ToJson(Noisy), StringComparison.Ordinal);
        Assert.Equal(0.25, Schema.Parse("""{"weight_noise":0.25}""", out _)!.EarlyStoppingThreshold);
    }

    [Theory]
    [InlineData("""{"weight_noise":"much"}""", "weight_noise must be a number.")]
    [InlineData("""{"weight_noise":null}""", "weight_noise must not be null.")]
    public void Json_WrongForm_IsRefused(string json, string message)
    {
        Assert.Null(Schema.Parse(json, out var problems));
        Assert.Equal(("weight_noise", message), Assert.Single(problems.Select(problem => (problem.Field, problem.Message))));
    }

    [Theory]
    [InlineData(-0.5, "too_small: weight_noise must be at least 0.")]
    [InlineData(1, "too_large: weight_noise must be below 1.")]
    public void Ranges_AreChecked(double value, string expected)
    {
        var problems = Schema.RangeProblems(Noisy with { EarlyStoppingThreshold = value });

        Assert.Equal([expected], problems.Select(problem => $"{problem.Code}: {problem.Message}"));
    }

    [Theory]
    [InlineData("en")]
    [InlineData("zh-CN")]
    public async Task Form_ShowsItUnderItsNameAndTakesATypedValue(string language)
    {
        CultureInfo.CurrentCulture = CultureInfo.CurrentUICulture = new CultureInfo(language);
        var group = new RecipeForm(Schema).Groups.Single(group => group.Key == "advanced");
        TrainingRecipe? typed = null;

        var form = Render<RecipeFieldGrid>(grid => grid
            .Add(one => one.Fields, group.Shown(Noisy, 1))
            .Add(one => one.Recipe, Noisy)
            .Add(one => one.RecipeChanged, changed => typed = changed)
            .Add(one => one.Said, field => field == "weight_noise" ? "Said of it." : null));

        var shown = form.Find("[data-field=weight_noise]");
        Assert.Contains(Labels[language], shown.TextContent, StringComparison.Ordinal);
        Assert.Contains("Said of it.", shown.TextContent, StringComparison.Ordinal);
        Assert.Equal("0.25", shown.QuerySelector("input")!.GetAttribute("value"));
        await shown.QuerySelector("input")!.InputAsync("5e-1");
        form.WaitForAssertion(() => Assert.Equal(0.5, typed?.EarlyStoppingThreshold));
    }

    [Fact]
    public void Form_RecipeForWhichItMeansNothing_DoesNotShowIt()
    {
        var quantized = Noisy with { Method = TrainingMethod.Qlora };

        var shown = new RecipeForm(Schema).Groups.SelectMany(group => group.Shown(quantized, 1));

        Assert.DoesNotContain(shown, field => field.Name == "weight_noise");
    }

    [Fact]
    public void Preset_LeavesThePersonsChoice() =>
        Assert.Equal(0.25, Schema.KeepChoices(Noisy, TrainingRecipe.Preset("recommended")).EarlyStoppingThreshold);

    [Fact]
    public void OpenApi_DescribesIt()
    {
        var schema = new OpenApiSchema();
        new RecipeDescription(Schema, Get<IStringLocalizer<RecipeFieldInput>>()).Fill(schema);

        var described = Assert.IsType<OpenApiSchema>(schema.Properties!["weight_noise"]);
        Assert.Equal(
            (JsonSchemaType.Number, "0", "1", "0"),
            (described.Type, described.Minimum, described.ExclusiveMaximum, described.Default?.ToJsonString()));
        Assert.Equal("Weight noise. Noise on weights.", described.Description);
    }

    [Theory]
    [InlineData("finetuning_type: lora\nweight_noise_factor: 0.5")]
    [InlineData("base_model: m\nadapter: lora\nnoise_of_weights: 0.5")]
    [InlineData("args = SFTConfig(weight_noise_factor=0.5)")]
    [InlineData("model_name_or_path: m\ndataset_name: d\nweight_noise_factor: 0.5")]
    public void Import_FromEachTool_CarriesIt(string text)
    {
        var imported = RecipeExchange.Import(text, Schema);

        Assert.Equal(0.5, imported.Recipe.EarlyStoppingThreshold);
        Assert.Equal(Carriage.Carried, imported.Values.Single(value => value.Field == "weight_noise").Kind);
        var unknown = RecipeExchange.Import(text).Values.Single(value => value.Name is "weight_noise_factor" or "noise_of_weights");
        Assert.Equal("exchange_unknown", unknown.Reason?.Code);
    }

    [Theory]
    [InlineData(RecipeFormat.LlamaFactory, "weight_noise_factor: 0.25")]
    [InlineData(RecipeFormat.Axolotl, "noise_of_weights: 0.25")]
    [InlineData(RecipeFormat.Trl, "weight_noise_factor=0.25")]
    public void Export_ToEachTool_WritesIt(RecipeFormat format, string expected)
    {
        var exported = RecipeExchange.Export(Noisy, format, Schema);

        Assert.Contains(expected, exported.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(exported.Values, value => value.Field == "weight_noise");
    }

    [Fact]
    public void Comparison_HasItsRow()
    {
        string[] recipes = [Schema.ToJson(Noisy), Schema.ToJson(Noisy with { EarlyStoppingThreshold = 0.75 })];

        var compared = RecipeComparison.Of(recipes, Schema).Single(setting => setting.Differs);

        Assert.Equal("weight_noise", compared.Field);
        Assert.Equal(["0.25", "0.75"], compared.Values);
    }

    // Declared, listed and named in two languages; the other two hold its choices and the code that acts on it.
    [Fact]
    public void Sources_OfASetting_AreFourAndThoseThatActOnIt()
    {
        var sources = Path.Combine(ReferenceFiles.Repository, "src");

        string[] built = ["obj", "bin", "Migrations"];
        var files = Directory.EnumerateFiles(sources, "*", SearchOption.AllDirectories)
            .Where(file => Path.GetExtension(file) is ".cs" or ".razor" or ".resx")
            .Where(file => !file.Split(Path.DirectorySeparatorChar).Intersect(built).Any())
            .Where(file => Contains(File.ReadAllText(file), "decaygroups"))
            .Select(Path.GetFileName);

        string[] four = ["RecipeFieldInput.resx", "RecipeFieldInput.zh-CN.resx", "RecipeSchema.Advanced.cs", "TrainingRecipe.cs"];
        Assert.Equal([.. four, "RecipeChoices.cs", "TrainingStep.cs"], files.ToHashSet());
    }

    private static bool Contains(string text, string name) =>
        text.Replace("_", "", StringComparison.Ordinal).Contains(name, StringComparison.OrdinalIgnoreCase);

    /// <summary>The texts of the lab, and those of the setting.</summary>
    private sealed class WithOneMore(IStringLocalizer<RecipeFieldInput> known) : IStringLocalizer<RecipeFieldInput>
    {
        public LocalizedString this[string name] => name switch
        {
            "Label_weight_noise" => new(name, Labels[CultureInfo.CurrentUICulture.Name]),
            "Help_weight_noise" => new(name, "Noise on weights."),
            _ => known[name],
        };

        public LocalizedString this[string name, params object[] arguments] => known[name, arguments];

        public IEnumerable<LocalizedString> GetAllStrings(bool includeParentCultures) => known.GetAllStrings(includeParentCultures);
    }
}
