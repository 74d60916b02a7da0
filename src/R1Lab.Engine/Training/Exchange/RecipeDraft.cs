using System.Text.Json;
using System.Text.Json.Nodes;

namespace R1Lab.Engine.Training.Exchange;

/// <summary>A recipe being read from another tool's settings, and what became of each of them.</summary>
/// <param name="tool">The tool's name.</param>
/// <param name="defaults">What the tool takes for settings that the text does not have; the lab's own where they do not change what is learned.</param>
internal sealed class RecipeDraft(string tool, TrainingRecipe defaults)
{
    private readonly JsonObject _tree = RecipeTree.Of(defaults);
    private readonly List<CarriedValue> _values = [];
    private readonly HashSet<string> _set = new(StringComparer.Ordinal);

    public JsonNode? this[string field] => RecipeTree.Get(_tree, field);

    /// <summary>Whether the text said something about a field.</summary>
    public bool Has(string field) => _set.Contains(field);

    /// <summary>Takes a value as it is.</summary>
    public void Carry(Setting setting, string field) => Carry(setting, field, setting.Value);

    /// <summary>Takes a value in the recipe's own form; it means the same.</summary>
    public void Carry(Setting setting, string field, JsonNode? value)
    {
        if (Put(setting, field, value)) Tell(Carriage.Carried, setting, field, null);
    }

    /// <summary>Takes another value.</summary>
    public void Change(Setting setting, string field, JsonNode? value, Problem reason)
    {
        if (Put(setting, field, value)) Tell(Carriage.Changed, setting, field, reason);
    }

    /// <summary>The lab does the same anyway.</summary>
    public void Accept(Setting setting) => Tell(Carriage.Carried, setting, null, null);

    /// <summary>Something the lab cannot do; that it is off says nothing.</summary>
    public void Refuse(Setting setting)
    {
        if (setting.Value is null && setting.Computed is null || setting.Is(false)) Accept(setting);
        else Leave(setting, Reasons.Unsupported(setting));
    }

    /// <summary>A name nobody here knows.</summary>
    public void Wonder(Setting setting)
    {
        if (setting.Value is null && setting.Computed is null) Accept(setting);
        else Leave(setting, Reasons.Unknown(setting));
    }

    public void Leave(Setting setting, Problem reason) => Tell(Carriage.NotCarried, setting, null, reason);

    /// <summary>Takes a value that the text implies.</summary>
    public void Imply(string field, JsonNode? value, Problem reason)
    {
        RecipeTree.Set(_tree, field, value);
        _set.Add(field);
        _values.Add(new CarriedValue(Carriage.Changed, field, Setting.TextOf(value), field, null, reason));
    }

    /// <summary>Takes another default than the tool's usual one.</summary>
    public void Default(string field, JsonNode? value) => RecipeTree.Set(_tree, field, value);

    /// <summary>Takes a value that follows from others already told.</summary>
    public void Set(string field, JsonNode? value)
    {
        RecipeTree.Set(_tree, field, value);
        _set.Add(field);
    }

    /// <summary>The recipe, with the tool's defaults told where they are not the lab's.</summary>
    /// <param name="names">The tool's name of a field.</param>
    public ImportedRecipe Finish(RecipeFormat format, IReadOnlyDictionary<string, string> names)
    {
        var own = RecipeTree.Of(new TrainingRecipe());
        var adapts = _tree["method"]!.GetValue<string>() != "full";
        foreach (var (field, value) in RecipeTree.Fields(_tree))
        {
            if (_set.Contains(field) || JsonNode.DeepEquals(value, RecipeTree.Get(own, field)) || !names.TryGetValue(field, out var name) || !adapts && field.StartsWith("lora.", StringComparison.Ordinal)) continue;
            var text = Setting.TextOf(value);
            _values.Add(new CarriedValue(Carriage.Defaulted, name, text, field, null, Reasons.Default(tool, name, text)));
        }

        var recipe = RecipeTree.ToRecipe(_tree);
        var notes = recipe.Problems().Where(problem => problem.Severity == ProblemSeverity.Note).ToLookup(problem => problem.Field);
        return new ImportedRecipe(recipe, format, [.. _values.Select(value => Noted(value, notes))]);
    }

    // What the recipe itself has to say about a carried value, for example that float16 is not used as such.
    private static CarriedValue Noted(CarriedValue value, ILookup<string, Problem> notes) =>
        value is { Kind: Carriage.Carried, Field: { } field } && notes[field].FirstOrDefault() is { } note ? value with { Kind = Carriage.Changed, Reason = note } : value;

    private bool Put(Setting setting, string field, JsonNode? value)
    {
        if (!RecipeTree.Fits(field, value, out var fitted))
        {
            // Nothing written where there must be something: the tool's default.
            if (value is null && setting.Computed is null) Accept(setting);
            else Leave(setting, setting.Computed is null ? Reasons.WrongForm(setting) : Reasons.Computed(setting));
            return false;
        }

        if (setting.Computed is not null)
        {
            Leave(setting, Reasons.Computed(setting));
            return false;
        }

        Set(field, fitted);
        return true;
    }

    private void Tell(Carriage kind, Setting setting, string? field, Problem? reason) =>
        _values.Add(new CarriedValue(kind, setting.Name, setting.Text, field, setting.Line, reason));
}
