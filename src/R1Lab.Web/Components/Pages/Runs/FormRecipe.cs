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

    /// <summary>What the method does anyway is left open, so that it follows when the method is changed.</summary>
    public static TrainingRecipe WithEmbeddingOnHost(TrainingRecipe recipe, bool onHost)
    {
        var open = recipe with { EmbeddingOnHost = null };
        return open.KeepsEmbeddingOnHost == onHost ? open : recipe with { EmbeddingOnHost = onHost };
    }

    /// <summary>Another tool's recipe in this lab: its model and data by the names they have here, or else those of the form.</summary>
    public static TrainingRecipe Imported(TrainingRecipe imported, TrainingRecipe present, IReadOnlyList<string> models, IReadOnlyList<string> datasets) => imported with
    {
        Name = present.Name,
        Model = Known(imported.Model, models) ?? present.Model,
        Dataset = Known(imported.Dataset, datasets) ?? present.Dataset,
        ProbePrompts = present.ProbePrompts,
        Confirmed = [],
    };

    /// <summary>The name itself, or what stands behind its last slash: <c>deepseek-ai/DeepSeek-R1-Distill-Llama-8B</c>, <c>data/train.jsonl</c>.</summary>
    private static string? Known(string name, IReadOnlyList<string> names)
    {
        var last = name.TrimEnd('/', '\\').Split('/', '\\')[^1];
        string[] spellings = [name, last, Path.GetFileNameWithoutExtension(last)];
        return spellings.Where(spelling => spelling.Length > 0).SelectMany(spelling => names.Where(one => string.Equals(one, spelling, StringComparison.OrdinalIgnoreCase))).FirstOrDefault();
    }
}
