using R1Lab.Engine.Training;
using R1Lab.Web.Components.Pages.Runs;

namespace R1Lab.Web.Tests.Pages;

public sealed class FormFieldTests
{
    public static TheoryData<string> Names => [.. RecipeForm.Default.All.Select(one => one.Name)];

    [Theory, MemberData(nameof(Names))]
    public void Write_WhatReadGave_ChangesNothing(string name)
    {
        var recipe = TrainingRecipe.Preset("recommended");
        var field = Field(name);

        var again = field.Write(recipe, field.Read(recipe));

        Assert.Equal(recipe.ToJson(), again!.ToJson());
    }

    [Theory]
    [InlineData("learning_rate", "2e-4", "\"learning_rate\":0.0002")]
    [InlineData("learning_rate", "0.0003", "\"learning_rate\":0.0003")]
    [InlineData("max_steps", "12", "\"max_steps\":12")]
    [InlineData("lora.target_modules", "q_proj, v_proj", "\"target_modules\":[\"q_proj\",\"v_proj\"]")]
    [InlineData("lr_scheduler_type", "cosine", "\"lr_scheduler_type\":\"cosine\"")]
    [InlineData("shuffle", "false", "\"shuffle\":false")]
    [InlineData("embedding_on_host", "true", "\"embedding_on_host\":true")]
    public void Write_TypedText_SetsTheField(string name, string text, string expected)
    {
        var changed = Field(name).Write(new TrainingRecipe { MaxSteps = 5 }, text);

        Assert.Contains(expected, changed!.ToJson(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(TrainingMethod.Lora, "false", null)]
    [InlineData(TrainingMethod.Qlora, "true", null)]
    [InlineData(TrainingMethod.Qlora, "false", false)]
    public void Write_EmbeddingOnHost_LeavesOpenWhatTheMethodDoesAnyway(TrainingMethod method, string text, bool? expected)
    {
        var field = Field("embedding_on_host");

        var changed = field.Write(new TrainingRecipe { Method = method, EmbeddingOnHost = true }, text)!;

        Assert.Equal((expected, text), (changed.EmbeddingOnHost, field.Read(changed)));
    }

    [Theory]
    [InlineData("learning_rate", "fast")]
    [InlineData("learning_rate", "1e999")]
    [InlineData("max_length", "12.5")]
    [InlineData("save_steps", "x")]
    public void Write_NoSuchValue_IsNull(string name, string text) => Assert.Null(Field(name).Write(new TrainingRecipe(), text));

    [Theory]
    [InlineData(2e-4, "2e-4")]
    [InlineData(5e-6, "5e-6")]
    [InlineData(0.01, "0.01")]
    [InlineData(0, "0")]
    public void Read_LearningRate_IsShort(double rate, string expected) =>
        Assert.Equal(expected, Field("learning_rate").Read(new TrainingRecipe { LearningRate = rate }));

    private static FormField Field(string name) => RecipeForm.Default.All.Single(field => field.Name == name);
}
