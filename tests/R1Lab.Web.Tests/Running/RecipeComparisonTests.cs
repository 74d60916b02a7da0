using R1Lab.Engine.Training;
using R1Lab.Engine.Training.Recipe;
using R1Lab.Web.Training;

namespace R1Lab.Web.Tests.Running;

public sealed class RecipeComparisonTests
{
    [Fact]
    public void Of_FieldsThatOneRunLacks_StandInTheOrderOfTheRecipe()
    {
        var compared = RecipeComparison.Of(
        [
            """{"name":"a","seed":1,"lora":{"r":8}}""",
            """{"name":"b","learning_rate":0.5,"seed":2,"lora":{"lora_alpha":16,"r":8,"rank_pattern":{"q_proj":4}},"unknown":true}""",
        ]);

        Assert.Equal(
            [
                ("learning_rate", null, "0.5"), ("seed", "1", "2"), ("lora.r", "8", "8"), ("lora.lora_alpha", null, "16"),
                ("lora.rank_pattern.q_proj", null, "4"), ("unknown", null, "true"),
            ],
            compared.Select(one => (one.Field, one.Values[0], one.Values[1])));
    }

    [Fact]
    public void Of_ValueUnderItsFormerName_IsTheSameValue()
    {
        var compared = RecipeComparison.Of(["""{"train_on":"last_answer"}""", """{"train_on":"last_turn"}"""]);

        Assert.Equal(["last_turn", "last_turn"], Assert.Single(compared).Values);
    }

    [Fact]
    public void Rewritten_OfARecipeOfToday_IsTheSameText()
    {
        var text = (TrainingRecipe.Preset("tutorial") with { SaveTotalLimit = null }).ToJson();

        Assert.Equal(text, StoredRecipe.Rewritten(text, RecipeSchema.Default).ToJsonString());
    }
}
