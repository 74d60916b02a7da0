using R1Lab.Engine;
using R1Lab.Engine.Training;
using R1Lab.Engine.Training.Recipe;

namespace R1Lab.Web.Components.Pages.Runs;

/// <summary>The settings of a schema as the form shows them, group by group in the schema's order.</summary>
public sealed class RecipeForm(RecipeSchema schema)
{
    /// <summary>The form of this program's settings.</summary>
    public static RecipeForm Default { get; } = new(RecipeSchema.Default);

    /// <summary>What is decided about the rows.</summary>
    public FormGroup Data { get; } = Of(schema, RecipeGroup.Data);

    /// <summary>The few settings everybody looks at.</summary>
    public FormGroup Main { get; } = Of(schema, RecipeGroup.Main);

    /// <summary>What decides how much memory a run needs; shown beside the memory bar.</summary>
    public FormGroup Memory { get; } = Of(schema, RecipeGroup.Memory);

    /// <summary>The folded groups, in their order.</summary>
    public IReadOnlyList<FormGroup> Groups { get; } =
    [
        Of(schema, RecipeGroup.Evaluation, open: true), Of(schema, RecipeGroup.Lora), Of(schema, RecipeGroup.Log),
        Of(schema, RecipeGroup.Advanced),
    ];

    /// <summary>How probe prompts are answered; the prompts themselves have an editor of their own.</summary>
    public FormGroup Probes { get; } = Of(schema, RecipeGroup.Probes);

    public IEnumerable<FormField> All =>
        [.. Data.Fields, .. Main.Fields, .. Memory.Fields, .. Groups.SelectMany(group => group.Fields), .. Probes.Fields];

    private static FormGroup Of(RecipeSchema schema, RecipeGroup group, bool open = false) =>
        new(SnakeCase.Of(group), open, [.. schema.Fields.Where(field => field.Group == group).Select(FieldOf)]);

    // What a change takes along, and what cannot be shown as it is stored.
    private static FormField FieldOf(RecipeField setting) => setting.Name switch
    {
        "val_size" => new(setting) { Follow = (before, after) => EvaluationDefaults.Hold(before, after.ValSize) },
        "method" => new(setting) { Follow = (before, after) => FormRecipe.WithMethod(before, after.Method) },
        "per_device_train_batch_size" => new(setting)
        {
            Follow = (before, after) => BatchKnob.MicroBatch(before, after.PerDeviceTrainBatchSize),
        },
        "embedding_on_host" => new(setting)
        {
            Shown = recipe => recipe.KeepsEmbeddingOnHost,
            Follow = (before, after) => FormRecipe.WithEmbeddingOnHost(before, after.EmbeddingOnHost == true),
        },
        "lr_scheduler_kwargs.lr_end" or "lr_scheduler_kwargs.power" => new(setting) { EmptyIsDefault = true },
        _ => new(setting),
    };
}
