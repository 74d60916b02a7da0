using R1Lab.Engine.Training;

namespace R1Lab.Web.Components.Pages.Runs;

/// <summary>What choosing a preset or a method makes of the recipe in the form.</summary>
public static class FormRecipe
{
    /// <summary>The preset's numbers with the form's own choices: model, data, method, what to do with thoughts and long rows, probe prompts.</summary>
    /// <param name="parameters">The model's size, where known.</param>
    public static TrainingRecipe Preset(string preset, TrainingRecipe present, long? parameters)
    {
        var fresh = TrainingRecipe.Preset(preset, parameters) with
        {
            Name = present.Name,
            Model = present.Model,
            Dataset = present.Dataset,
            ThinkingPolicy = present.ThinkingPolicy,
            OverlongRows = present.OverlongRows,
            ProbePrompts = present.ProbePrompts,
            Confirmed = present.Confirmed,
        };
        return EvaluationDefaults.Watched(WithMethod(fresh, present.Method));
    }

    /// <summary>The rates of adapters and of full fine-tuning differ by a factor of ten; a rate in the other one's range is brought along.</summary>
    public static TrainingRecipe WithMethod(TrainingRecipe recipe, TrainingMethod method)
    {
        var (from, to) = (recipe.Method == TrainingMethod.Full, method == TrainingMethod.Full);
        var rate = from == to ? recipe.LearningRate : to ? recipe.LearningRate / 10 : recipe.LearningRate * 10;
        var checkpointing = recipe.GradientCheckpointing || method == TrainingMethod.Qlora;
        return recipe with
        {
            Method = method,
            LearningRate = rate,
            GradientCheckpointing = checkpointing,
            FreezeLayers = to ? recipe.FreezeLayers : 0,
            Optim = to ? recipe.Optim : OptimizerType.Adamw,
            Lora = recipe.Lora with { UseDora = false },
        };
    }
}
