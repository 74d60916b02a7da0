using System.Globalization;
using System.Text.Json.Nodes;
using R1Lab.Engine.Training;
using R1Lab.Engine.Training.Recipe;

namespace R1Lab.Web.Components.Pages.Runs;

/// <summary>One setting as the form shows it: as text, so that 2e-4 may be typed and a half-typed number is not an error yet.</summary>
public sealed record FormField(RecipeField Setting)
{
    /// <summary>Hugging Face's name, shown beside the translated label.</summary>
    public string Name => Setting.Name;

    public SettingKind Kind => Setting.Kind;

    /// <summary>The values offered by a choice or a list of names.</summary>
    public IReadOnlyList<string> Choices => Setting.Choices;

    /// <summary>What else a change of the setting changes: from the recipe before and the recipe with the new value.</summary>
    public Func<TrainingRecipe, TrainingRecipe, TrainingRecipe> Follow { get; init; } = static (_, changed) => changed;

    /// <summary>The value shown, where it is not the setting's own.</summary>
    public Func<TrainingRecipe, object?>? Shown { get; init; }

    /// <summary>An empty field is the default, for settings that cannot be unset.</summary>
    public bool EmptyIsDefault { get; init; }

    /// <summary>Whether the setting means anything for a recipe on a machine with so many GPUs; what means nothing is not shown.</summary>
    public bool IsShown(TrainingRecipe recipe, int cards) => Setting.Applies(recipe) && (cards > 1 || !Setting.NeedsSeveralDevices);

    /// <summary>The setting as text.</summary>
    public string Read(TrainingRecipe recipe) => (Shown ?? Setting.Read)(recipe) switch
    {
        null => "",
        string text => text,
        bool on => on ? "true" : "false",
        double number => Show(number),
        Enum => Setting.ReadJson(recipe)!.GetValue<string>(),
        IReadOnlyList<string> names => string.Join(',', names),
        var value => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };

    /// <summary>The recipe with the text as the setting; null when the text is no such value.</summary>
    public TrainingRecipe? Write(TrainingRecipe recipe, string text)
    {
        if (string.IsNullOrWhiteSpace(text) && EmptyIsDefault) return Setting.Copy(new TrainingRecipe(), recipe);
        if (string.IsNullOrWhiteSpace(text) && Setting.AllowsNull && Kind != SettingKind.Flag) return Followed(recipe, null);
        return ValueOf(text) is { } value ? Followed(recipe, value) : null;
    }

    private TrainingRecipe? Followed(TrainingRecipe recipe, JsonNode? value) =>
        Setting.WithJson(recipe, value) is { } changed ? Follow(recipe, changed) : null;

    private JsonNode? ValueOf(string text) => Kind switch
    {
        SettingKind.Number => NumberOf(text),
        SettingKind.WholeNumber => WholeOf(text),
        SettingKind.Flag => text == "true",
        SettingKind.List => NamesOf(text),
        SettingKind.Choice or SettingKind.Text => text,
        _ => null,
    };

    private static JsonNode? NumberOf(string text)
    {
        var isNumber = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number);
        return isNumber && double.IsFinite(number) ? number : null;
    }

    private static JsonNode? WholeOf(string text)
    {
        var isWhole = long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var whole);
        return isWhole && whole is >= -int.MaxValue and <= int.MaxValue ? whole : null;
    }

    private static JsonArray NamesOf(string text)
    {
        var names = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        return [.. names.Select(name => JsonValue.Create(name))];
    }

    /// <summary>The shorter of 0.0002 and 2e-4, as people write it.</summary>
    private static string Show(double value)
    {
        var plain = value.ToString("0.############", CultureInfo.InvariantCulture);
        if (value == 0 || Math.Abs(value) >= 0.001) return plain;
        return value.ToString("0.######e-0", CultureInfo.InvariantCulture);
    }
}
