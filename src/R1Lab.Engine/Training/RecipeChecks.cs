using System.Globalization;
using R1Lab.Engine.Adapters;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Training.Recipe;
using R1Lab.Engine.Training.Signs;

namespace R1Lab.Engine.Training;

public sealed partial record TrainingRecipe
{
    /// <summary>Everything wrong with or worth saying about these settings, in the user's words.</summary>
    /// <param name="length">The run's length, where its rows are known: some problems show only then.</param>
    /// <param name="parameters">The model's parameter count, where known: small models bear far higher rates.</param>
    public IEnumerable<Problem> Problems(RunLength? length = null, long? parameters = null)
    {
        IEnumerable<Problem> own = [.. Names(), .. RecipeSchema.Default.RangeProblems(this), .. Schedule(), .. Evaluation(), .. RateProblems(RateRange.Of(Method, parameters ?? long.MaxValue)), .. Quantized(), .. Methods()];
        if (Method != TrainingMethod.Full) own = [.. own, .. Effective().Lora.Problems(), .. Targets()];
        return length is not null && !own.Any(problem => problem.IsError) ? [.. own, .. AgainstData(length)] : own;
    }

    /// <summary>The largest batch that goes through the device at once.</summary>
    internal const int MostRowsAtOnce = 4_096;

    /// <summary>The learning rates that are usual for this method on a model of so many parameters: what every advice about the rate says.</summary>
    public (double Low, double High) UsualLearningRates(long parameters) => RateRange.Of(Method, parameters) is var rates ? (rates.Low, rates.High) : default;

    private IEnumerable<Problem> Names()
    {
        if (Model.Length == 0) yield return Error("model_missing", "model", "Choose a model.");
        if (Dataset.Length == 0) yield return Error("dataset_missing", "dataset", "Choose a dataset.");
    }

    private IEnumerable<Problem> Schedule()
    {
        if (LrSchedulerType == SchedulerType.Polynomial && LrSchedulerKwargs.LrEnd >= LearningRate)
            yield return Error("lr_end_too_high", "lr_scheduler_kwargs.lr_end", "A polynomial schedule must end below the learning rate.");
        if (LrSchedulerType == SchedulerType.CosineWithMinLr && LrSchedulerKwargs is { MinLr: null, MinLrRate: null })
            yield return Error("min_lr_missing", "lr_scheduler_kwargs", "cosine_with_min_lr needs min_lr or min_lr_rate.");
        if (LrSchedulerType == SchedulerType.Constant && (WarmupSteps > 0 || WarmupRatio > 0))
            yield return Note("constant_ignores_warmup", "lr_scheduler_type", "The constant schedule has no warm-up; choose constant_with_warmup to have one.");
    }

    private IEnumerable<Problem> Evaluation()
    {
        if (EvalSteps is not null && EvalsPerEpoch is null && ValSize == 0)
            yield return Warning("eval_without_split", "eval_steps", "Nothing is held out for evaluation (val_size is 0), so eval_steps has no effect.");
        if (EvalsPerEpoch is not null && ValSize == 0)
            yield return Warning("evals_per_epoch_without_split", "evals_per_epoch", "Nothing is held out for evaluation (val_size is 0), so evals_per_epoch has no effect.");
        if (EvalSteps is not null && EvalsPerEpoch is not null)
            yield return Note("eval_steps_not_used", "eval_steps", "evals_per_epoch decides when to evaluate; eval_steps is not looked at.");
        if (EarlyStoppingPatience is not null && ValSize == 0)
            yield return Warning("early_stopping_without_split", "early_stopping_patience", "Nothing is held out for evaluation (val_size is 0), so the run never stops early.");
        if (LoadBestModelAtEnd && ValSize == 0)
            yield return Warning("best_without_split", "load_best_model_at_end", "Nothing is held out for evaluation (val_size is 0), so the result is the last step.");
        if (ProbePrompts.Any(string.IsNullOrWhiteSpace))
            yield return Error("probe_prompt_empty", "probe_prompts", "A probe prompt is empty.");
    }

    /// <summary>What is to be said about the learning rate.</summary>
    internal IEnumerable<Problem> RateProblems(RateRange rates)
    {
        var what = Method == TrainingMethod.Full ? "full fine-tuning" : "LoRA";
        var (rate, from, to) = (Show(LearningRate), Show(rates.Low), Show(rates.High));
        if (LearningRate > 0 && LearningRate < rates.Low)
            yield return Warning("lr_low", "learning_rate", $"A learning rate of {rate} is low for {what}: little will be learned. Usual are {from} to {to}.", rate, what, from, to);
        if (LearningRate > rates.High)
            yield return Warning("lr_high", "learning_rate", $"A learning rate of {rate} is high for {what}: training may diverge. Usual are {from} to {to}.", rate, what, from, to);
    }

    private IEnumerable<Problem> Methods()
    {
        if (FreezeLayers > 0 && Method != TrainingMethod.Full)
            yield return Note("freeze_only_full", "freeze_layers", "An adapter leaves the base as it is: freeze_layers has no effect.");
        if (Optim == OptimizerType.Adamw8Bit && Method != TrainingMethod.Full)
            yield return Note("adamw_8bit_adapter", "optim", "An adapter's moments are small; 8-bit moments save little here and are a little less exact.");
        if (NeftuneNoiseAlpha is { } alpha && !(alpha >= 0 && double.IsFinite(alpha)))
            yield return Error("neftune_negative", "neftune_noise_alpha", "neftune_noise_alpha must be 0 or more.");
        if (NeftuneNoiseAlpha > 50)
            yield return Warning("neftune_strong", "neftune_noise_alpha", $"A NEFTune strength of {NeftuneNoiseAlpha} drowns the embeddings; 5 to 15 are usual.", NeftuneNoiseAlpha);
        if (GradientCheckpointingLayers is not null && !Effective().GradientCheckpointing)
            yield return Warning("checkpointing_layers_unused", "gradient_checkpointing_layers", "Nothing is computed again without gradient checkpointing: gradient_checkpointing_layers has no effect.");
        if (ActivationOffloading && !Effective().GradientCheckpointing)
            yield return Warning("offload_without_checkpointing", "activation_offloading", "Only inputs kept by gradient checkpointing can wait in host memory: without it activation_offloading has no effect.");
        if (EmbeddingOnHost == true && Method == TrainingMethod.Full)
            yield return Note("embedding_on_host_full", "embedding_on_host", "Full fine-tuning works on the embedding, so it stays on the device: embedding_on_host has no effect.");
    }

    private IEnumerable<Problem> Quantized()
    {
        if (Method == TrainingMethod.Qlora && !GradientCheckpointing)
            yield return Note("qlora_checkpointing", "gradient_checkpointing", "QLoRA unpacks the base layer by layer, so gradient checkpointing is switched on.");
    }

    private IEnumerable<Problem> Targets()
    {
        foreach (var name in Lora.TargetModules)
        {
            if (!FusedProjections.TryGetValue(name, out var parts) || parts.Length == LoraSettings.AllProjections.Count) continue;
            var shown = string.Join(", ", parts);
            yield return Note("target_mapped", "lora.target_modules", $"{name} is not a module of Llama or Qwen models; {shown} are trained instead.", name, shown);
        }
    }

    private IEnumerable<Problem> AgainstData(RunLength length)
    {
        if (length.TrainRows < 1)
        {
            yield return Error("no_rows", ValSize > 0 ? "val_size" : "dataset", "No row is left to train on.");
            yield break;
        }

        if (ValSize > 0 && length.EvaluationRows < 4)
            yield return Warning("val_split_too_small", "val_size", $"Only {length.EvaluationRows} rows are held out for evaluation; the evaluation loss will say little.", length.EvaluationRows);
        foreach (var problem in StepProblems(length.Steps)) yield return problem;
        if (EarlyStoppingPatience >= length.Evaluations && ValSize > 0)
            yield return Warning("patience_never_fires", "early_stopping_patience", $"The run evaluates {length.Evaluations} times, so a patience of {EarlyStoppingPatience} never ends it early.", length.Evaluations, EarlyStoppingPatience);
    }

    /// <summary>What is to be said once the run's length in optimizer steps is known.</summary>
    internal IEnumerable<Problem> StepProblems(int total)
    {
        var warmup = WarmupOf(total);
        if (LrSchedulerType != SchedulerType.Constant && warmup >= total)
            yield return Warning("warmup_longer_than_run", WarmupField, $"Warm-up takes {warmup} steps and the run has only {total}: the learning rate never reaches its value.", warmup, total);
        else if (LrSchedulerType != SchedulerType.Constant && warmup > total * 0.3)
            yield return Warning("warmup_long", WarmupField, $"Warm-up takes {warmup} of the run's {total} steps; 3 to 10 % is usual.", warmup, total);
        if (SaveSteps > total)
            yield return Warning("save_never_fires", "save_steps", $"A snapshot every {SaveSteps} steps is never taken in a run of {total} steps.", SaveSteps, total);
        if (EvalSteps > total && ValSize > 0)
            yield return Warning("eval_never_fires", "eval_steps", $"An evaluation every {EvalSteps} steps comes only at the end of a run of {total} steps.", EvalSteps, total);
        if (LoggingSteps > total)
            yield return Warning("logging_never_fires", "logging_steps", $"Logging every {LoggingSteps} steps shows only the end of a run of {total} steps.", LoggingSteps, total);
    }

    private string WarmupField => WarmupSteps > 0 ? "warmup_steps" : "warmup_ratio";

    private static string Show(double rate) => rate.ToString("0.##e-0", CultureInfo.InvariantCulture);

    private static Problem Error(string code, string field, string message, params object[] arguments) => new(code, field, ProblemSeverity.Error, message, arguments);

    private static Problem Warning(string code, string field, string message, params object[] arguments) => new(code, field, ProblemSeverity.Warning, message, arguments);

    private static Problem Note(string code, string field, string message, params object[] arguments) => new(code, field, ProblemSeverity.Note, message, arguments);
}
