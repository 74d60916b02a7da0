using R1Lab.Engine.Datasets;
using R1Lab.Engine.Training;

namespace R1Lab.Engine.Tests.Training;

public sealed class TrainOnTests
{
    [Theory]
    [InlineData("all_assistant_turns", TrainOn.AllAssistantTurns)]
    [InlineData("last_turn", TrainOn.LastTurn)]
    [InlineData("whole_text", TrainOn.WholeText)]
    public void Parse_ItsName_IsReadAndWritten(string name, TrainOn expected)
    {
        var recipe = TrainingRecipe.Parse($$"""{"train_on":"{{name}}"}""", out _)!;

        Assert.Equal(expected, recipe.TrainOn);
        Assert.Contains($"\"train_on\":\"{name}\"", recipe.ToJson(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("every_answer", "all_assistant_turns")]
    [InlineData("last_answer", "last_turn")]
    public void Parse_NameOfAnEarlierVersion_IsReadAndWrittenAsToday(string former, string name)
    {
        var recipe = TrainingRecipe.Parse($$"""{"train_on":"{{former}}"}""", out _)!;

        Assert.Contains($"\"train_on\":\"{name}\"", recipe.ToJson(), StringComparison.Ordinal);
        Assert.Null(SnakeCase.Parse<TrainOn>(former));
    }

    [Fact]
    public void Parse_UnknownName_IsRefusedWithTodaysNames()
    {
        TrainingRecipe.Parse("""{"train_on":"every_turn"}""", out var problems);

        Assert.Equal("train_on must be one of all_assistant_turns, last_turn, whole_text.", Assert.Single(problems).Message);
    }
}
