using R1Lab.Engine;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Training;
using R1Lab.Web.Localization;

namespace R1Lab.Web.Training;

/// <summary>What can be wrong between a recipe, its model and its data, beyond what the recipe itself can tell.</summary>
internal static class PlanProblems
{
    public const string MemoryCode = "memory_does_not_fit";

    public static Problem NoDevice(string reason) =>
        new("no_device", "model", ProblemSeverity.Error, $"Nothing can be computed on this machine: {reason}", reason);

    public static Problem NoModel(string name) =>
        new("model_unknown", "model", ProblemSeverity.Error, $"There is no model named \"{name}\", and no folder either.", name);

    public static Problem BadModel(BadInputException bad) =>
        new("model_bad", "model", ProblemSeverity.Error, $"The model cannot be used: {bad.Message}", bad.Message);

    public static Problem AdapterNeedsLora(string name) =>
        new("adapter_needs_lora", "method", ProblemSeverity.Error, $"\"{name}\" is an adapter; go on training it with LoRA, or choose its base model.", name);

    public static Problem NoDataset(string name) =>
        new("dataset_unknown", "dataset", ProblemSeverity.Error, $"There is no dataset named or numbered \"{name}\".", name);

    public static Problem NoTokenizer(ModelChoice model) => new("model_without_tokenizer", "model", ProblemSeverity.Error,
        $"\"{model.Name}\" has no tokenizer: it can learn only from datasets of token ids (input_ids).", model.Name);

    /// <summary>What stands in the way of a start: the API names the field that would let it pass.</summary>
    public static Problem Unconfirmed(Problem problem) => new(problem.Code, "confirmed", ProblemSeverity.Error,
        $"{problem.Message} If this is meant, put \"{problem.Code}\" into confirmed.", problem.Arguments);

    /// <summary>
    /// What does not fit. On a card that is a warning: a run that meets the limit makes itself smaller. On the CPU it is an error, because there Linux
    /// ends the whole program instead, with everything that others do in it.
    /// </summary>
    public static IEnumerable<Problem> OfRoom(TrainingRecipe recipe, RunFacts facts, RunEstimate estimate)
    {
        var (plan, disk) = (estimate.Plan, estimate.Memory.DiskFor(recipe, facts.TotalSteps) with { MergedBytes = 0 });
        if (!plan.Fits)
        {
            yield return new(MemoryCode, "per_device_train_batch_size", estimate.Memory.Device.IsCuda ? ProblemSeverity.Warning : ProblemSeverity.Error,
                $"The run needs about {ByteSize.Show(plan.TotalBytes)} of memory and {estimate.Device} has {ByteSize.Show(plan.UsableBytes)}.", ByteSize.Show(plan.TotalBytes), estimate.Device, ByteSize.Show(plan.UsableBytes));
        }

        if (recipe.Dtype == TrainingDtype.Float16 && !estimate.Memory.Device.IsCuda)
        {
            yield return new("float16_slow_on_cpu", "dtype", ProblemSeverity.Warning,
                "float16 is made for cards: on the CPU its matrix products take five to ten times as long. Choose auto, unless the loss scaler is what you want to see.");
        }

        if (!disk.Fits)
        {
            yield return new("disk_does_not_fit", "save_total_limit", ProblemSeverity.Warning,
                $"The run writes up to {ByteSize.Show(disk.TotalBytes)} and the output volume has {ByteSize.Show(disk.FreeBytes)} free.", ByteSize.Show(disk.TotalBytes), ByteSize.Show(disk.FreeBytes));
        }
    }

    public static IEnumerable<Problem> Of(TrainingRecipe recipe, ModelChoice model, EncodedRows data)
    {
        if (data.Set.Rows == 0)
        {
            yield return new("dataset_empty", "dataset", ProblemSeverity.Error, "The dataset has no rows.");
            yield break;
        }

        if (recipe.Method == TrainingMethod.Full && recipe.FreezeLayers > model.Config.LayerCount)
        {
            yield return new("freeze_layers_too_many", "freeze_layers", ProblemSeverity.Error,
                $"The model has {model.Config.LayerCount} layers; {recipe.FreezeLayers} cannot be left as they are.", recipe.FreezeLayers, model.Config.LayerCount);
        }

        if (data.Set.SampledFrom is { } all)
        {
            yield return new("rows_sampled", "max_samples", ProblemSeverity.Note,
                $"{recipe.MaxSamples} of {all} rows are used, drawn by the seed {recipe.Seed}.", recipe.MaxSamples!, all, recipe.Seed);
        }

        foreach (var problem in data.Set.Problems(recipe.ThinkingPolicy, data.ModelThinks)) yield return problem;
        if (data.Set.Corpus.OutOfRange(model.Config.VocabSize) is { } bad)
        {
            yield return new("token_out_of_range", "dataset", ProblemSeverity.Error,
                $"Row {bad.Row} holds the token id {bad.Id}; this model knows ids from 0 to {model.Config.VocabSize - 1}.", bad.Row, bad.Id, model.Config.VocabSize - 1);
        }
    }
}
