using System.Globalization;
using R1Lab.Engine;
using R1Lab.Engine.Training;

namespace R1Lab.Web.Components.Pages.Runs;

public enum RecipeFieldKind { Number, Choice, Switch, Names }

/// <summary>One setting of a recipe as the form shows it: as text, so that 2e-4 may be typed and a half-typed number is not an error yet.</summary>
/// <param name="Name">Hugging Face's name, shown beside the translated label.</param>
/// <param name="Choices">The values offered by a choice or a list of names.</param>
/// <param name="Read">The setting as text.</param>
/// <param name="Write">The recipe with the text as the setting; null when the text is no such value.</param>
public sealed record RecipeField(
    string Name, RecipeFieldKind Kind, IReadOnlyList<string> Choices, Func<TrainingRecipe, string> Read, Func<TrainingRecipe, string, TrainingRecipe?> Write)
{
    /// <summary>Whether the setting means anything for this recipe; what means nothing is not shown.</summary>
    public Func<TrainingRecipe, bool> Applies { get; init; } = _ => true;

    /// <summary>Shown only where there is more than one card.</summary>
    public bool NeedsSeveralCards { get; init; }

    /// <summary>The same setting, shown only where it means something.</summary>
    public RecipeField When(Func<TrainingRecipe, bool> applies) => this with { Applies = applies };

    public static RecipeField Number(string name, Func<TrainingRecipe, double> get, Func<TrainingRecipe, double, TrainingRecipe> set) =>
        new(name, RecipeFieldKind.Number, [], recipe => Show(get(recipe)), (recipe, text) =>
            double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) ? set(recipe, value) : null);

    public static RecipeField Whole(string name, Func<TrainingRecipe, long> get, Func<TrainingRecipe, long, TrainingRecipe> set) =>
        new(name, RecipeFieldKind.Number, [], recipe => get(recipe).ToString(CultureInfo.InvariantCulture), (recipe, text) =>
            long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var value) && Math.Abs(value) <= int.MaxValue ? set(recipe, value) : null);

    /// <summary>Empty means: not set.</summary>
    public static RecipeField OptionalWhole(string name, Func<TrainingRecipe, int?> get, Func<TrainingRecipe, int?, TrainingRecipe> set) =>
        new(name, RecipeFieldKind.Number, [], recipe => get(recipe)?.ToString(CultureInfo.InvariantCulture) ?? "", (recipe, text) =>
        {
            if (string.IsNullOrWhiteSpace(text)) return set(recipe, null);
            return int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var value) ? set(recipe, value) : null;
        });

    /// <summary>Empty means: not set.</summary>
    public static RecipeField OptionalNumber(string name, Func<TrainingRecipe, double?> get, Func<TrainingRecipe, double?, TrainingRecipe> set) =>
        new(name, RecipeFieldKind.Number, [], recipe => get(recipe) is { } value ? Show(value) : "", (recipe, text) =>
        {
            if (string.IsNullOrWhiteSpace(text)) return set(recipe, null);
            return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value) ? set(recipe, value) : null;
        });

    public static RecipeField Choice<T>(string name, Func<TrainingRecipe, T> get, Func<TrainingRecipe, T, TrainingRecipe> set) where T : struct, Enum =>
        new(name, RecipeFieldKind.Choice, [.. SnakeCase.Names<T>()], recipe => SnakeCase.Of(get(recipe)), (recipe, text) =>
            SnakeCase.Parse<T>(text) is { } value ? set(recipe, value) : null);

    public static RecipeField Switch(string name, Func<TrainingRecipe, bool> get, Func<TrainingRecipe, bool, TrainingRecipe> set) =>
        new(name, RecipeFieldKind.Switch, [], recipe => get(recipe) ? "true" : "false", (recipe, text) => set(recipe, text == "true"));

    public static RecipeField Names(
        string name, IReadOnlyList<string> offered, Func<TrainingRecipe, IReadOnlyList<string>> get, Func<TrainingRecipe, IReadOnlyList<string>, TrainingRecipe> set) =>
        new(name, RecipeFieldKind.Names, offered, recipe => string.Join(',', get(recipe)), (recipe, text) =>
            set(recipe, text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)));

    /// <summary>The shorter of 0.0002 and 2e-4, as people write it.</summary>
    private static string Show(double value)
    {
        var plain = value.ToString("0.############", CultureInfo.InvariantCulture);
        if (value == 0 || Math.Abs(value) >= 0.001) return plain;
        return value.ToString("0.######e-0", CultureInfo.InvariantCulture);
    }
}
