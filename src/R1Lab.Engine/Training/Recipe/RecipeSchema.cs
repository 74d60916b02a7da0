using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace R1Lab.Engine.Training.Recipe;

/// <summary>
/// Every setting of a recipe, once. JSON, its checks, range checks, the form, OpenAPI, comparisons and the exchange with other tools
/// follow this list; its order is that of the form.
/// </summary>
public sealed partial class RecipeSchema
{
    private readonly Dictionary<string, RecipeField> _byName;
    private readonly HashSet<string> _groups;
    private readonly IReadOnlyList<(RecipeField Field, RecipeBound Bound)> _bounds;

    public RecipeSchema(IReadOnlyList<RecipeField> fields)
    {
        Fields = fields;
        _byName = fields.ToDictionary(field => field.Name, StringComparer.Ordinal);
        _groups = [.. fields.Select(field => field.Name.Split('.')).Where(path => path.Length > 1).Select(path => path[0])];
        _bounds = RecipeRanges.Of(fields);
        var declared = Declared(typeof(TrainingRecipe), "").ToList();
        var members = InOrderOf(fields, declared).GroupBy(field => field.Name.Split('.')[0]);
        Members = [.. members.Select(member => (member.Key, member.ToArray()))];
        Json = new(RecipeValues.Json) { Converters = { new RecipeConverter(this) } };
        JsonWithNulls = new(Json) { DefaultIgnoreCondition = JsonIgnoreCondition.Never };
    }

    /// <summary>The settings of this program.</summary>
    public static RecipeSchema Default { get; } =
        new([.. Own, .. Data, .. Main, .. Memory, .. Evaluation, .. Adapter, .. Log, .. Advanced, .. Probes]);

    /// <summary>In the order of the form.</summary>
    public IReadOnlyList<RecipeField> Fields { get; }

    /// <summary>In the order in which they are written: as the records declare them, then those that are held elsewhere.</summary>
    public IEnumerable<RecipeField> WrittenFields => Members.SelectMany(member => member.Fields);

    /// <summary>Reads and writes recipes with these settings: snake_case, enums by name, unknown fields are errors.</summary>
    public JsonSerializerOptions Json { get; }

    /// <summary>As <see cref="Json"/>, with every setting written.</summary>
    internal JsonSerializerOptions JsonWithNulls { get; }

    /// <summary>The members of the JSON object in their order, each with its one setting, or the settings of the object it is.</summary>
    internal IReadOnlyList<(string Name, RecipeField[] Fields)> Members { get; }

    /// <summary>The setting of that name; null when there is none.</summary>
    public RecipeField? Find(string name) => _byName.GetValueOrDefault(name);

    /// <summary>Whether settings stand in an object of this name.</summary>
    public bool IsGroup(string name) => _groups.Contains(name);

    public string ToJson(TrainingRecipe recipe) => JsonSerializer.Serialize(recipe, Json);

    /// <inheritdoc cref="TrainingRecipe.Parse(string, out IReadOnlyList{Problem})"/>
    public TrainingRecipe? Parse(string json, out IReadOnlyList<Problem> problems)
    {
        var found = new List<Problem>();
        problems = found;
        return RecipeReader.Read(json, this, found);
    }

    /// <summary>Numbers beyond their bounds.</summary>
    public IEnumerable<Problem> RangeProblems(TrainingRecipe recipe)
    {
        foreach (var (field, bound) in _bounds)
        {
            if (field.IsBounded(recipe) && field.ReadNumber(recipe) is { } value && !bound.Holds(value))
                yield return bound.Broken(field.Name);
        }
    }

    /// <summary>A recipe with what a person chose in another one: see <see cref="RecipeField.StaysWithPreset"/>.</summary>
    public TrainingRecipe KeepChoices(TrainingRecipe from, TrainingRecipe to) =>
        Fields.Where(field => field.StaysWithPreset).Aggregate(to, (recipe, field) => field.Copy(from, recipe));

    internal RecipeField? Find(string prefix, string name) =>
        name.Contains('.', StringComparison.Ordinal) ? null : Find(prefix + name);

    /// <summary>Where a setting has a value unless it says otherwise, its null must be said.</summary>
    internal bool WritesNull(RecipeField field) => field.AllowsNull && field.Read(Unset) is not null;

    private static TrainingRecipe Unset { get; } = new();

    private static IEnumerable<RecipeField> InOrderOf(IReadOnlyList<RecipeField> fields, List<string> names) =>
        fields.OrderBy(field => names.IndexOf(field.Name) is >= 0 and var at ? at : int.MaxValue);

    private static IEnumerable<string> Declared(Type record, string prefix)
    {
        foreach (var property in record.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite))
        {
            var name = prefix + JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name);
            if (property.PropertyType.IsClass && property.PropertyType.Assembly == record.Assembly)
            {
                foreach (var inner in Declared(property.PropertyType, name + ".")) yield return inner;
            }

            yield return name;
        }
    }
}
