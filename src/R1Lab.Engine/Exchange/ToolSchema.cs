using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Nodes;
using R1Lab.Engine.Training;
using R1Lab.Engine.Training.Recipe;

namespace R1Lab.Engine.Exchange;

/// <summary>The settings whose values mean the same in another tool, by their names there.</summary>
internal sealed class ToolSchema
{
    private readonly RecipeSchema _schema;
    private readonly Dictionary<string, string> _fields = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);

    /// <param name="nameOf">The tool's name of a setting, where it has one; the first counts when it is written.</param>
    public ToolSchema(RecipeSchema schema, params Func<ToolNames, string?>[] nameOf)
    {
        _schema = schema;
        foreach (var field in schema.Fields)
        {
            foreach (var name in nameOf.Select(of => of(field.Tools)).OfType<string>())
            {
                _fields.TryAdd(name, field.Name);
                _names.TryAdd(field.Name, name);
            }
        }
    }

    /// <summary>The tool's name of each setting it has one for.</summary>
    public IReadOnlyDictionary<string, string> Names => _names;

    public bool Has(string name) => _fields.ContainsKey(name);

    /// <summary>The recipe's name of one of the tool's settings.</summary>
    public bool TryFind(string name, [NotNullWhen(true)] out string? field) => _fields.TryGetValue(name, out field);

    /// <summary>The values of settings as they are written there; those that are not set are left out.</summary>
    /// <param name="fields">The recipe's names.</param>
    public IEnumerable<(string Name, JsonNode? Value)> Of(TrainingRecipe recipe, params IEnumerable<string> fields) =>
        fields.Select(field => (_names[field], _schema.Find(field)!.ReadJson(recipe))).Where(one => one.Item2 is not null);

    /// <summary>The settings that the tool's own code neither wrote nor keeps for itself, unless they are as the tool has them.</summary>
    /// <param name="defaults">What the tool takes for settings that are absent.</param>
    /// <param name="written">The tool's names that stand in the text.</param>
    /// <param name="kept">The recipe's names of settings that are written in a way of their own.</param>
    public IEnumerable<(string Name, JsonNode? Value)> Others(
        TrainingRecipe recipe, TrainingRecipe defaults, IReadOnlySet<string> written, params IReadOnlyList<string> kept) =>
        Of(recipe, _schema.WrittenFields
            .Where(field => _names.TryGetValue(field.Name, out var name) && !written.Contains(name) && !kept.Contains(field.Name))
            .Where(field => field.Applies(recipe) && !JsonNode.DeepEquals(field.ReadJson(recipe), field.ReadJson(defaults)))
            .Select(field => field.Name));
}
