using R1Lab.Engine.Training;
using R1Lab.Engine.Training.Recipe;
using R1Lab.Web.Components.Pages.Runs;

namespace R1Lab.Web.Tests.Pages;

public sealed class RecipeFieldInputTests : PageTest
{
    public static TheoryData<string> Switches => [.. RecipeForm.Default.All.Where(one => one.Kind == SettingKind.Flag).Select(one => one.Name)];

    [Theory, MemberData(nameof(Switches))]
    public void Switch_NothingWrong_SaysWhatItDoesToEyesAndScreenReaders(string name)
    {
        var field = Show(name, null);

        var help = field.Find("p");
        Assert.NotEmpty(help.TextContent.Trim());
        Assert.Equal(help.Id, field.Find("input").GetAttribute("aria-describedby"));
    }

    [Fact]
    public void Switch_SomethingWrong_SaysWhatInPlaceOfTheHelp()
    {
        var field = Show("activation_offloading", "Nothing to offload.");

        Assert.Equal("Nothing to offload.", field.Find("p.field-error").TextContent);
    }

    [Fact]
    public void Choice_ValueThatSaysLittle_IsNamedInWordsBesideItsOwnName()
    {
        var field = Show("loss_normalization", null);

        Assert.Equal("All answer tokens of a step (token_sum)", field.Find("input").GetAttribute("value"));
    }

    private IRenderedComponent<RecipeFieldInput> Show(string name, string? problem) => Render<RecipeFieldInput>(input => input
        .Add(one => one.Field, RecipeForm.Default.All.Single(field => field.Name == name))
        .Add(one => one.Recipe, new TrainingRecipe())
        .Add(one => one.Problem, problem));
}
