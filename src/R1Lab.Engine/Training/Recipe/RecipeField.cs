using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace R1Lab.Engine.Training.Recipe;

/// <summary>
/// One setting of a recipe: all that JSON, form, range checks, OpenAPI and the exchange with other tools know about it. A new setting is a
/// property, one field in <see cref="RecipeSchema"/>, and its texts <c>Label_&lt;name&gt;</c> and <c>Help_&lt;name&gt;</c> in each
/// language.
/// </summary>
/// <param name="Name">
/// Public name, snake_case; a setting inside <c>lora</c> or <c>lr_scheduler_kwargs</c> has that name and a dot before its own.
/// </param>
/// <param name="Kind">What its value is.</param>
public abstract record RecipeField(string Name, SettingKind Kind)
{
    /// <summary>Whether it may be null, which means not set.</summary>
    public bool AllowsNull { get; init; }

    /// <summary>The values of a choice; of a list the texts that are offered.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    public IReadOnlyList<RecipeBound> Bounds { get; init; } = [];

    /// <summary>Whether the bounds count; null values never break them.</summary>
    public Func<TrainingRecipe, bool> IsBounded { get; init; } = static _ => true;

    /// <summary>The settings check these bounds themselves, with problems of their own.</summary>
    public bool ChecksItself { get; init; }

    /// <summary>Whether the setting means anything for a recipe.</summary>
    public Func<TrainingRecipe, bool> Applies { get; init; } = static _ => true;

    /// <summary>Means something only on a machine with several accelerators.</summary>
    public bool NeedsSeveralDevices { get; init; }

    /// <summary>Where a form shows it; null: not by this list, because it has a control of its own or none.</summary>
    public RecipeGroup? Group { get; init; }

    /// <summary>A person's choice, which stays when a preset is taken.</summary>
    public bool StaysWithPreset { get; init; }

    public ToolNames Tools { get; init; } = new();

    /// <summary>The value's type in C#.</summary>
    internal abstract Type ValueType { get; }

    /// <summary>The value of a recipe: a number, text, truth value, enum value, list or map; null where it is not set.</summary>
    public abstract object? Read(TrainingRecipe recipe);

    /// <summary>A recipe with the value that another one has.</summary>
    public abstract TrainingRecipe Copy(TrainingRecipe from, TrainingRecipe to);

    /// <summary>The value as JSON.</summary>
    public JsonNode? ReadJson(TrainingRecipe recipe) =>
        JsonSerializer.SerializeToNode(Read(recipe), ValueType, RecipeValues.Json);

    /// <summary>A recipe with another value.</summary>
    /// <returns>Null when the setting has no such value.</returns>
    public abstract TrainingRecipe? WithJson(TrainingRecipe recipe, JsonNode? value);

    /// <summary>The value as a number; null where it is none or not set.</summary>
    public double? ReadNumber(TrainingRecipe recipe) =>
        Kind is SettingKind.Number or SettingKind.WholeNumber && Read(recipe) is { } value
            ? Convert.ToDouble(value, CultureInfo.InvariantCulture) : null;

    internal abstract void Write(Utf8JsonWriter writer, TrainingRecipe recipe, JsonSerializerOptions options);

    internal abstract TrainingRecipe Read(ref Utf8JsonReader reader, TrainingRecipe recipe, JsonSerializerOptions options);

    public RecipeField AtLeast(double least) => With(new(BoundKind.Least, least));

    public RecipeField AtMost(double most) => With(new(BoundKind.Most, most));

    public RecipeField Below(double bound) => With(new(BoundKind.Below, bound));

    public RecipeField Positive() => With(new(BoundKind.Positive));

    /// <summary>Counts optimizer steps, or is a share of them.</summary>
    public RecipeField InSteps() => With(new(BoundKind.Steps));

    /// <summary>Means something only for some recipes.</summary>
    public RecipeField When(Func<TrainingRecipe, bool> applies) => this with { Applies = applies };

    /// <summary>Its bounds are those of a check elsewhere, which has problems of its own.</summary>
    public RecipeField CheckingItself() => this with { ChecksItself = true };

    /// <summary>A person's choice: see <see cref="StaysWithPreset"/>.</summary>
    public RecipeField KeptByPresets() => this with { StaysWithPreset = true };

    public RecipeField Named(ToolNames tools) => this with { Tools = tools };

    private RecipeField With(RecipeBound bound) => this with { Bounds = [.. Bounds, bound] };
}

/// <summary>A setting with a value of one type.</summary>
/// <param name="Get">Reads the value.</param>
/// <param name="Set">The recipe with another value.</param>
public sealed record RecipeField<T>(
    string Name, SettingKind Kind, Func<TrainingRecipe, T> Get, Func<TrainingRecipe, T, TrainingRecipe> Set) : RecipeField(Name, Kind)
{
    internal override Type ValueType => typeof(T);

    public override object? Read(TrainingRecipe recipe) => Get(recipe);

    public override TrainingRecipe Copy(TrainingRecipe from, TrainingRecipe to) => Set(to, Get(from));

    public override TrainingRecipe? WithJson(TrainingRecipe recipe, JsonNode? value)
    {
        if (value is null) return AllowsNull ? Set(recipe, default!) : null;
        try
        {
            return Set(recipe, value.Deserialize<T>(RecipeValues.Json)!);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    internal override void Write(Utf8JsonWriter writer, TrainingRecipe recipe, JsonSerializerOptions options) =>
        JsonSerializer.Serialize(writer, Get(recipe), options);

    internal override TrainingRecipe Read(ref Utf8JsonReader reader, TrainingRecipe recipe, JsonSerializerOptions options)
    {
        if (reader.TokenType == JsonTokenType.Null && !AllowsNull) throw new JsonException($"{Name} must not be null.");
        return Set(recipe, JsonSerializer.Deserialize<T>(ref reader, options)!);
    }
}
