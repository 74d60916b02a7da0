using R1Lab.Engine.Training.Recipe;

namespace R1Lab.Engine.Exchange;

/// <summary>A schema's settings in the words of each tool.</summary>
internal sealed class ToolSchemas(RecipeSchema schema)
{
    public static ToolSchemas Default { get; } = new(RecipeSchema.Default);

    public RecipeSchema Schema => schema;

    /// <summary>Transformers' <c>TrainingArguments</c>.</summary>
    public ToolSchema Transformers { get; } = new(schema, names => names.Transformers);

    /// <summary>TRL's <c>SFTConfig</c>, which has all of transformers.</summary>
    public ToolSchema Trl { get; } = new(schema, names => names.Trl, names => names.Transformers);

    /// <summary>What TRL's commands have beside <c>SFTConfig</c>.</summary>
    public ToolSchema TrlCommand { get; } = new(schema, names => names.TrlCommand);

    /// <summary>PEFT's <c>LoraConfig</c>.</summary>
    public ToolSchema Peft { get; } = new(schema, names => names.Peft);

    /// <summary>LLaMA-Factory, which has all of transformers.</summary>
    public ToolSchema LlamaFactory { get; } = new(schema, names => names.LlamaFactory, names => names.Transformers);

    public ToolSchema Axolotl { get; } = new(schema, names => names.Axolotl);
}
