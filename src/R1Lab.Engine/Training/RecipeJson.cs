using System.Text.Json;
using System.Text.Json.Nodes;
using R1Lab.Engine.Training.Recipe;

namespace R1Lab.Engine.Training;

public sealed partial record TrainingRecipe
{
    /// <summary>snake_case, enums by name, unknown fields are errors.</summary>
    public static JsonSerializerOptions Json => RecipeSchema.Default.Json;

    public string ToJson() => RecipeSchema.Default.ToJson(this);

    /// <summary>Reads a recipe, naming everything that is wrong with it, not only the first thing.</summary>
    /// <returns>The recipe, or null when <paramref name="problems"/> holds errors of the form; settings that disagree are told by <see cref="Problems(RunLength?, long?)"/>.</returns>
    public static TrainingRecipe? Parse(string json, out IReadOnlyList<Problem> problems) => RecipeSchema.Default.Parse(json, out problems);

    /// <summary>Reads the recipe of a run that is to begin: what it does not say is as in <see cref="Initial"/>.</summary>
    /// <inheritdoc cref="Parse(string, out IReadOnlyList{Problem})"/>
    public static TrainingRecipe? ParseNew(string json, out IReadOnlyList<Problem> problems) =>
        Parse(json, out problems) is { } recipe ? JsonNode.Parse(json)!.AsObject().ContainsKey("epoch_end") ? recipe : recipe with { EpochEnd = Initial.EpochEnd } : null;
}
