using System.Text.Json.Nodes;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Training;

namespace R1Lab.Engine.Exchange;

/// <summary>A recipe in the names of transformers' <c>TrainingArguments</c>.</summary>
internal static class TrainingArgumentText
{
    /// <summary>The names LLaMA-Factory takes, in its sections.</summary>
    public static void Write(YamlText yaml, TrainingRecipe recipe, ToolSchema tool, string accuracy)
    {
        yaml.Section("output").AddAll(Output(recipe, tool)).Section("train").AddAll(Training(recipe, tool));
        // Since transformers 5 a ratio that is written wins, even 0: only the one that counts is written.
        if (recipe.WarmupSteps > 0 || recipe.WarmupRatio <= 0) yaml.Add("warmup_steps", recipe.WarmupSteps);
        else yaml.AddAll(tool.Of(recipe, "warmup_ratio"));
        // transformers 5 knows no group_by_length, and refuses names it does not know.
        if (recipe.GroupByLength) yaml.Comment("With transformers 4: group_by_length: true").Add("train_sampling_strategy", "group_by_length");
        yaml.Section("eval").AddAll(Evaluation(recipe, tool, accuracy));
    }

    public static IEnumerable<(string Name, JsonNode? Value)> Output(TrainingRecipe recipe, ToolSchema tool)
    {
        foreach (var one in tool.Of(recipe, "name")) yield return one;
        yield return ("output_dir", "output");
        yield return ("logging_steps", recipe.LoggingSteps);
        var best = recipe.LoadBestModelAtEnd && recipe.ValSize > 0;
        // Saves by steps beside evaluations by epochs are refused there when the best one is kept.
        if (recipe.SaveSteps is { } steps && !(best && Evaluates(recipe) is null))
        {
            yield return ("save_strategy", "steps");
            yield return ("save_steps", Saves(recipe, steps));
        }
        else if (!best)
        {
            // About ten in the run, as the lab does where nothing is said.
            yield return ("save_strategy", "steps");
            yield return ("save_steps", 0.1);
        }
        else
        {
            // The best model is only known there when it is saved as often as it is evaluated.
            yield return ("save_strategy", Strategy(recipe));
            if (Evaluates(recipe) is { } every) yield return ("save_steps", every);
        }

        yield return (tool.Names["save_total_limit"], recipe.SaveTotalLimit);
    }

    public static IEnumerable<(string Name, JsonNode? Value)> Training(TrainingRecipe recipe, ToolSchema tool) =>
    [
        .. tool.Of(recipe, "per_device_train_batch_size", "gradient_accumulation_steps", "num_train_epochs"),
        .. Steps(recipe),
        .. tool.Of(recipe, "learning_rate"),
        .. Schedule(recipe),
        .. tool.Of(recipe, "weight_decay", "adam_beta1", "adam_beta2", "adam_epsilon", "max_grad_norm", "neftune_noise_alpha"),
        .. Precision.Write(recipe, knowsAuto: false),
        .. tool.Of(recipe, "seed"),
    ];

    public static IEnumerable<(string Name, JsonNode? Value)> Evaluation(TrainingRecipe recipe, ToolSchema tool, string accuracy)
    {
        foreach (var size in tool.Of(recipe, "per_device_eval_batch_size")) yield return size;
        yield return ("eval_strategy", Strategy(recipe));
        if (Evaluates(recipe) is { } every) yield return ("eval_steps", every);
        // Without evaluations it is refused there.
        yield return (tool.Names["load_best_model_at_end"], recipe.LoadBestModelAtEnd && recipe.ValSize > 0);
        yield return ("metric_for_best_model", recipe.MetricForBestModel == BestMetric.EvalLoss ? "eval_loss" : accuracy);
        yield return ("greater_is_better", recipe.MetricForBestModel != BestMetric.EvalLoss);
    }

    private static IEnumerable<(string Name, JsonNode? Value)> Steps(TrainingRecipe recipe)
    {
        if (recipe.MaxSteps is > 0) yield return ("max_steps", recipe.MaxSteps);
        if (recipe.EpochEnd == EpochEnd.DropLast) yield return ("dataloader_drop_last", true);
    }

    private static IEnumerable<(string Name, JsonNode? Value)> Schedule(TrainingRecipe recipe)
    {
        yield return ("lr_scheduler_type", SnakeCase.Of(recipe.LrSchedulerType));
        if (Schedules.Write(recipe) is { } numbers) yield return ("lr_scheduler_kwargs", numbers);
        yield return ("optim", Optimizers.Write(recipe));
    }

    // Evaluations a pass cannot be said there: once a pass is nearest.
    private static double? Evaluates(TrainingRecipe recipe) => recipe.EvalsPerEpoch is null ? recipe.EvalSteps : null;

    private static string Strategy(TrainingRecipe recipe) => recipe.ValSize <= 0 ? "no" : Evaluates(recipe) is null ? "epoch" : "steps";

    // With load_best_model_at_end saves must fall on evaluations: the next multiple.
    private static double Saves(TrainingRecipe recipe, double steps) =>
        recipe.LoadBestModelAtEnd && recipe.ValSize > 0 && Evaluates(recipe) is > 0 and var every ? NextMultiple(steps, every) : steps;

    /// <summary>The least multiple of <paramref name="every"/> that is not below <paramref name="steps"/>; shares of the run have none.</summary>
    public static double NextMultiple(double steps, double every) => steps < 1 || every < 1 ? every : Math.Min(int.MaxValue, Math.Ceiling(steps / every) * every);
}
