using System.Globalization;
using R1Lab.Engine;
using R1Lab.Engine.Adapters;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Training;

namespace R1Lab.Web.Training;

/// <summary>What makes a problem of a recipe go away without changing what the recipe is for.</summary>
/// <param name="Problem">What the check says.</param>
/// <param name="Recipe">The recipe without it.</param>
public sealed record ProblemFix(Problem Problem, TrainingRecipe Recipe)
{
    /// <summary>The settings that differ from <paramref name="before"/>.</summary>
    public IReadOnlyList<ComparedSetting> ChangesFrom(TrainingRecipe before) => ProblemFixes.Changes(before, Recipe);
}

/// <summary>One fix a problem, where a setting mends it.</summary>
public static class ProblemFixes
{
    private const int FewestHeldOut = 20;

    /// <summary>The problems that a change of settings solves, in their order.</summary>
    public static IReadOnlyList<ProblemFix> Of(TrainingRecipe recipe, RunCheck check, long? parameters) =>
        [.. check.Problems.Select(problem => One(recipe, problem, check, parameters)).OfType<ProblemFix>()];

    /// <summary>All of them in turn; a fix that an earlier one made needless changes nothing.</summary>
    public static TrainingRecipe All(TrainingRecipe recipe, RunCheck check, long? parameters) =>
        check.Problems.Aggregate(recipe, (changed, problem) => One(changed, problem, check, parameters)?.Recipe ?? changed);

    public static IReadOnlyList<ComparedSetting> Changes(TrainingRecipe before, TrainingRecipe after) =>
        [.. RecipeComparison.Of([before.ToJson(), after.ToJson()]).Where(setting => setting.Differs)];

    private static ProblemFix? One(TrainingRecipe recipe, Problem problem, RunCheck check, long? parameters)
    {
        var changed = OfSettings(recipe, problem) ?? OfData(recipe, problem, check) ?? OfDiagnosis(recipe, problem, check, parameters);
        return changed is null || Changes(recipe, changed).Count == 0 ? null : new(problem, changed);
    }

    /// <summary>Settings that contradict others or have no effect.</summary>
    private static TrainingRecipe? OfSettings(TrainingRecipe recipe, Problem problem) => problem.Code switch
    {
        "float16_slow_on_cpu" => recipe with { Dtype = TrainingDtype.Auto },
        "target_mapped" => WithTargets(recipe, problem),
        "eval_without_split" or "eval_steps_not_used" => recipe with { EvalSteps = null },
        "evals_per_epoch_without_split" => recipe with { EvalsPerEpoch = null },
        "early_stopping_without_split" => recipe with { EarlyStoppingPatience = null },
        "best_without_split" => recipe with { LoadBestModelAtEnd = false },
        "constant_ignores_warmup" => recipe with { LrSchedulerType = SchedulerType.ConstantWithWarmup },
        "freeze_only_full" => recipe with { FreezeLayers = 0 },
        "adamw_8bit_adapter" => recipe with { Optim = OptimizerType.Adamw },
        "neftune_negative" => recipe with { NeftuneNoiseAlpha = null },
        "neftune_strong" => recipe with { NeftuneNoiseAlpha = 5 },
        "checkpointing_layers_unused" => recipe with { GradientCheckpointingLayers = null },
        "offload_without_checkpointing" => recipe with { ActivationOffloading = false },
        "embedding_on_host_full" => recipe with { EmbeddingOnHost = null },
        "qlora_checkpointing" => recipe with { GradientCheckpointing = true },
        "disk_does_not_fit" => recipe with { SaveTotalLimit = 1 },
        _ => null,
    };

    /// <summary>Settings that do not suit the number or the length of the rows, or the device.</summary>
    private static TrainingRecipe? OfData(TrainingRecipe recipe, Problem problem, RunCheck check) => problem.Code switch
    {
        "patience_never_fires" => recipe with { EarlyStoppingPatience = Number(problem, 0) is > 1 and var evaluations ? evaluations - 1 : null },
        "val_split_too_small" => check.Facts is { Rows: >= 2 * FewestHeldOut } facts ? recipe with { ValSize = Math.Ceiling(100.0 * FewestHeldOut / facts.Rows) / 100 } : null,
        "rows_omitted_too_long" => recipe with { OverlongRows = OverlongRows.Split },
        "memory_does_not_fit" => check.Estimate?.Memory.SuggestionsFor(recipe).Where(one => one.Fits && one.Code != "unload_chat_model").OrderByDescending(one => one.SameResult).FirstOrDefault()?.Recipe,
        _ => null,
    };

    /// <summary>What the diagnosis of a run would change, too.</summary>
    private static TrainingRecipe? OfDiagnosis(TrainingRecipe recipe, Problem problem, RunCheck check, long? parameters) =>
        Diagnosis.Of([], recipe, check.Facts?.TotalSteps ?? 0, parameters).FirstOrDefault(finding => finding.Problem.Code == problem.Code)?.Fixed;

    private static TrainingRecipe? WithTargets(TrainingRecipe recipe, Problem problem)
    {
        if (problem.Arguments is not [string fused, string parts]) return null;
        string[] known = parts.Split(", ", StringSplitOptions.RemoveEmptyEntries);
        var targets = recipe.Lora.TargetModules.SelectMany(name => name == fused ? known : [name]).Distinct().ToList();
        return recipe with { Lora = recipe.Lora with { TargetModules = targets } };
    }

    private static int? Number(Problem problem, int place) =>
        problem.Arguments.Count > place ? Convert.ToInt32(problem.Arguments[place], CultureInfo.InvariantCulture) : null;
}
