namespace R1Lab.Engine.Training.Recipe;

/// <summary>The bounds of a schema's settings, in the order in which problems are listed: kind by kind.</summary>
internal static class RecipeRanges
{
    // Clients and people know the lists in this order. Settings that are not named here follow, in the order of the schema.
    private static readonly Dictionary<BoundKind, string[]> FirstListed = new()
    {
        [BoundKind.Least] =
        [
            "per_device_train_batch_size", "per_device_eval_batch_size", "gradient_accumulation_steps", "max_samples", "max_length",
            "save_total_limit", "warmup_steps", "warmup_ratio", "weight_decay", "max_grad_norm", "freeze_layers",
            "gradient_checkpointing_layers", "val_size", "adam_beta1", "adam_beta2", "early_stopping_patience",
            "early_stopping_threshold", "probe_max_new_tokens",
        ],
        [BoundKind.Steps] = ["logging_steps", "save_steps", "eval_steps"],
        [BoundKind.Most] =
        [
            "per_device_train_batch_size", "per_device_eval_batch_size", "gradient_accumulation_steps", "max_length", "max_steps",
            "num_train_epochs", "evals_per_epoch", "probe_max_new_tokens",
        ],
        [BoundKind.Below] = ["adam_beta1", "adam_beta2", "warmup_ratio"],
        [BoundKind.Positive] = ["learning_rate", "adam_epsilon", "evals_per_epoch", "num_train_epochs"],
    };

    public static IReadOnlyList<(RecipeField Field, RecipeBound Bound)> Of(IReadOnlyList<RecipeField> fields) =>
    [
        .. fields.Where(field => !field.ChecksItself).SelectMany(field => field.Bounds.Select(bound => (field, bound)))
            .OrderBy(one => one.bound.Kind).ThenBy(one => Position(one.field, one.bound)),
    ];

    private static int Position(RecipeField field, RecipeBound bound) =>
        Array.IndexOf(FirstListed[bound.Kind], field.Name) is >= 0 and var at ? at : int.MaxValue;
}
