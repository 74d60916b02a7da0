using R1Lab.Engine.Training;
using R1Lab.Engine.Training.Recipe;

namespace R1Lab.Web.Components.Pages.Runs;

/// <summary>What choosing a preset or a method makes of the recipe in the form.</summary>
public static class FormRecipe
{
    /// <summary>The preset's numbers with the form's own choices: model, data, method, what to do with thoughts and long rows, probe prompts.</summary>
    /// <param name="parameters">The model's size, where known.</param>
    public static TrainingRecipe Preset(string preset, TrainingRecipe present, long? parameters)
    {
        var fresh = RecipeSchema.Default.KeepChoices(present, TrainingRecipe.Preset(preset, parameters));
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
    /// <param name="imported">As the other tool's text says.</param>
    /// <param name="present">The form.</param>
    /// <param name="models">Names of the lab's models, each with its folder.</param>
    /// <param name="datasets">Names of the lab's datasets.</param>
    public static ImportedChoices Imported(
        TrainingRecipe imported, TrainingRecipe present, IReadOnlyList<(string Name, string Path)> models, IReadOnlyList<string> datasets)
    {
        var model = KnownModel(imported.Model, models);
        var dataset = Known(imported.Dataset, datasets);
        var recipe = imported with
        {
            Name = present.Name,
            Model = model ?? present.Model,
            Dataset = dataset ?? present.Dataset,
            ProbePrompts = present.ProbePrompts,
            Confirmed = [],
        };
        return new(recipe, model is null && imported.Model.Length > 0 ? imported.Model : null, dataset is null && imported.Dataset.Length > 0 ? imported.Dataset : null);
    }

    /// <summary>By its name here, or by the name of its folder, also that of a hub cache: <c>models--deepseek-ai--DeepSeek-R1-Distill-Qwen-1.5B</c>.</summary>
    private static string? KnownModel(string name, IReadOnlyList<(string Name, string Path)> models)
    {
        if (Known(name, [.. models.Select(model => model.Name)]) is { } known) return known;
        var wanted = Spellings(name);
        return models.FirstOrDefault(model => model.Path.Split('/', '\\').SelectMany(HubName).Any(part => wanted.Contains(part, StringComparer.OrdinalIgnoreCase))).Name;
    }

    private static IEnumerable<string> HubName(string folder)
    {
        if (folder.Length > 0) yield return folder;
        if (folder.StartsWith("models--", StringComparison.Ordinal)) yield return folder["models--".Length..].Replace("--", "/", StringComparison.Ordinal);
    }

    /// <summary>The name itself, or what stands behind its last slash: <c>deepseek-ai/DeepSeek-R1-Distill-Llama-8B</c>, <c>data/train.jsonl</c>.</summary>
    private static string? Known(string name, IReadOnlyList<string> names) =>
        Spellings(name).SelectMany(spelling => names.Where(one => string.Equals(one, spelling, StringComparison.OrdinalIgnoreCase))).FirstOrDefault();

    private static List<string> Spellings(string name)
    {
        var last = name.TrimEnd('/', '\\').Split('/', '\\')[^1];
        string[] spellings = [name, last, Path.GetFileNameWithoutExtension(last)];
        return [.. spellings.Where(spelling => spelling.Length > 0)];
    }
}

/// <summary>Another tool's recipe as the form takes it.</summary>
/// <param name="MissingModel">The model it names, where the lab has none of that name.</param>
/// <param name="MissingDataset">The data it names, where the lab has none of that name.</param>
public sealed record ImportedChoices(TrainingRecipe Recipe, string? MissingModel, string? MissingDataset);
