using R1Lab.Data.Runs;
using R1Lab.Engine.Training;

namespace R1Lab.Web.Training;

/// <summary>What the pace of a run depends on beside the length of its rows: only runs that agree in all of it say something about each other.</summary>
public sealed record RunConditions(string Model, TrainingMethod Method, TrainingDtype Dtype, BaseQuantization? Quantization, bool GradientCheckpointing)
{
    public static RunConditions Of(string model, TrainingRecipe recipe, bool isCuda)
    {
        var effective = recipe.Effective();
        return new(model, effective.Method, effective.DtypeOn(isCuda), effective.Method == TrainingMethod.Qlora ? effective.Quantization : null, effective.GradientCheckpointing);
    }

    /// <summary>Null where the stored recipe is of another version of the program.</summary>
    public static RunConditions? Of(Run run, bool isCuda) => TrainingRecipe.Parse(run.RecipeJson, out _) is { } recipe ? Of(run.ModelName, recipe, isCuda) : null;
}
