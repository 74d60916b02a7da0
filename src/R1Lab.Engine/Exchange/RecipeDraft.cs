using System.Text.Json;
using System.Text.Json.Nodes;
using R1Lab.Engine.Training;

namespace R1Lab.Engine.Exchange;

/// <summary>A recipe being read from another tool's settings, and what became of each of them.</summary>
/// <param name="tool">The tool's name.</param>
/// <param name="defaults">What the tool takes for settings that the text does not have; the lab's own where they do not change what is learned.</param>
/// <param name="budget">What the import may still use up.</param>
/// <param name="tools">The settings there are, by the names of tools.</param>
internal sealed class RecipeDraft(string tool, TrainingRecipe defaults, ImportBudget budget, ToolSchemas tools)
{
    private readonly JsonObject _tree = RecipeTree.Of(defaults, tools.Schema);
    private readonly List<CarriedValue> _values = [];
    private readonly HashSet<string> _set = new(StringComparer.Ordinal);
    private readonly HashSet<string> _unread = new(StringComparer.Ordinal);

    // Per field: the places in the values that hold it, and what said it last. A text may say a field thousands of times.
    private readonly Dictionary<string, List<int>> _places = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _sources = new(StringComparer.Ordinal);

    public ImportBudget Budget => budget;

    public ToolSchemas Tools => tools;

    public JsonNode? this[string field] => RecipeTree.Get(_tree, field);

    /// <summary>Whether the text said something about a field.</summary>
    public bool Has(string field) => _set.Contains(field);

    /// <summary>What said a field's value; null where nothing did.</summary>
    public string? SourceOf(string field) => _sources.GetValueOrDefault(field);

    /// <summary>Takes a value as it is.</summary>
    public void Carry(Setting setting, string field) => Carry(setting, field, setting.Value);

    /// <summary>Takes a value in the recipe's own form; it means the same.</summary>
    public void Carry(Setting setting, string field, JsonNode? value)
    {
        if (!Put(setting, field, value)) return;
        if (setting.Option is null) Tell(Carriage.Carried, setting, field, null);
        else Tell(Carriage.Changed, setting, field, Reasons.OptionDefault(setting));
    }

    /// <summary>Takes another value.</summary>
    public void Change(Setting setting, string field, JsonNode? value, Problem reason)
    {
        if (Put(setting, field, value)) Tell(Carriage.Changed, setting, field, reason);
    }

    /// <summary>The lab does the same anyway.</summary>
    public void Accept(Setting setting) => Tell(Carriage.Carried, setting, null, null);

    /// <summary>Says that a field stands in the text in a form that could not be read.</summary>
    public void Miss(Setting setting, string field, Problem reason)
    {
        Leave(setting, reason);
        _unread.Add(field);
        _set.Remove(field);
    }

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

    /// <summary>Tells something of the text as a whole.</summary>
    public void Note(string name, string value, Problem reason) => _values.Add(new CarriedValue(Carriage.Changed, name, value, null, null, reason));

    /// <summary>Takes a value that the text implies.</summary>
    public void Imply(string field, JsonNode? value, Problem reason)
    {
        RecipeTree.Set(_tree, field, value);
        _set.Add(field);
        _sources[field] = field;
        _values.Add(new CarriedValue(Carriage.Changed, field, Setting.TextOf(value), field, null, reason));
    }

    /// <summary>Says that an absent setting follows from the number of rows there, and that the lab's own spacing is taken.</summary>
    public void Space(string field) => _values.Add(new CarriedValue(Carriage.Defaulted, field, Setting.TextOf(this[field]), field, null, Reasons.PerEpoch(new Setting(field, null, 0))));

    /// <summary>Takes a default of the tool, for a reason of its own.</summary>
    public void Assume(string name, string field, JsonNode? value, Problem reason)
    {
        RecipeTree.Set(_tree, field, value);
        _set.Add(field);
        _values.Add(new CarriedValue(Carriage.Defaulted, name, Setting.TextOf(value), field, null, reason));
    }

    /// <summary>Takes a default that needs saying even where it is the lab's own.</summary>
    /// <param name="by">Whose default it is, where it is not the tool's.</param>
    public void Assume(string field, JsonNode? value, string? by = null)
    {
        RecipeTree.Set(_tree, field, value);
        _set.Add(field);
        _values.Add(new CarriedValue(Carriage.Defaulted, field, Setting.TextOf(value), field, null, Reasons.Default(by ?? tool, field, Setting.TextOf(value))));
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
        var own = RecipeTree.Of(TrainingRecipe.Initial, tools.Schema);
        var (adapts, quantizes) = (_tree["method"]!.GetValue<string>() != "full", _tree["method"]!.GetValue<string>() == "qlora");
        foreach (var field in tools.Schema.WrittenFields.Select(field => field.Name))
        {
            var value = this[field];
            if (Missed(field, value, names) is { } missed) _values.Add(missed);
            else if (_set.Contains(field) || JsonNode.DeepEquals(value, RecipeTree.Get(own, field)) || !names.TryGetValue(field, out var name) || !adapts && field.StartsWith("lora.", StringComparison.Ordinal) || !quantizes && field == "double_quantization") continue;
            else _values.Add(new CarriedValue(Carriage.Defaulted, name, Setting.TextOf(value), field, null, Reasons.Default(tool, name, Setting.TextOf(value))));
        }

        var recipe = RecipeTree.ToRecipe(_tree, tools.Schema);
        var notes = recipe.Problems().Where(problem => problem.Severity == ProblemSeverity.Note).ToLookup(problem => problem.Field);
        return new ImportedRecipe(recipe, format, [.. _values.Select(value => Noted(value, notes))]);
    }

    // A default says nothing of what the text asked for; an empty name is asked for later anyway.
    private CarriedValue? Missed(string field, JsonNode? value, IReadOnlyDictionary<string, string> names)
    {
        if (!_unread.Contains(field) || _set.Contains(field) || Setting.TextOf(value).Length == 0) return null;
        var (name, text) = (names.GetValueOrDefault(field, field), Setting.TextOf(value));
        return new CarriedValue(Carriage.Defaulted, name, text, field, null, Reasons.Unread(name, text));
    }

    // What the recipe itself has to say about a carried value, for example that float16 is not used as such.
    private static CarriedValue Noted(CarriedValue value, ILookup<string, Problem> notes) =>
        value is { Kind: Carriage.Carried, Field: { } field } && notes[field].FirstOrDefault() is { } note ? value with { Kind = Carriage.Changed, Reason = note } : value;

    private bool Put(Setting setting, string field, JsonNode? value)
    {
        if (!RecipeTree.Fits(tools.Schema.Find(field)!, value, out var fitted))
        {
            // Nothing written where there must be something: the tool's default.
            if (value is null && setting.Computed is null) Accept(setting);
            else Miss(setting, field, setting.Computed is null ? Reasons.WrongForm(setting) : Reasons.Computed(setting));
            return false;
        }

        if (setting.Computed is not null)
        {
            Miss(setting, field, Reasons.Computed(setting));
            return false;
        }

        Override(setting, field, fitted);
        Set(field, fitted);
        return true;
    }

    // Of two values for one field the later counts; the earlier is told as lost, not as carried.
    private void Override(Setting setting, string field, JsonNode? value)
    {
        if (!_places.TryGetValue(field, out var places) || JsonNode.DeepEquals(this[field], value)) return;
        foreach (var place in places)
        {
            var lost = _values[place];
            _values[place] = lost with { Kind = Carriage.NotCarried, Field = null, Reason = Reasons.Overridden(lost.Name, lost.Value, setting.Line) };
        }

        places.Clear();
    }

    private void Tell(Carriage kind, Setting setting, string? field, Problem? reason)
    {
        budget.Check();
        if (field is not null && kind is Carriage.Carried or Carriage.Changed)
        {
            if (!_places.TryGetValue(field, out var places)) _places[field] = places = [];
            places.Add(_values.Count);
            _sources[field] = setting.Name;
        }

        _values.Add(new CarriedValue(kind, setting.Name, setting.Text, field, setting.Line, reason));
    }
}
