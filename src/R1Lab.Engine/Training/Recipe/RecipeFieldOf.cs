namespace R1Lab.Engine.Training.Recipe;

/// <summary>Makes settings of each kind.</summary>
public static class RecipeFieldOf
{
    public static RecipeField<double> Number(
        string name, Func<TrainingRecipe, double> get, Func<TrainingRecipe, double, TrainingRecipe> set) =>
        new(name, SettingKind.Number, get, set);

    public static RecipeField<double?> OptionalNumber(
        string name, Func<TrainingRecipe, double?> get, Func<TrainingRecipe, double?, TrainingRecipe> set) =>
        new(name, SettingKind.Number, get, set) { AllowsNull = true };

    public static RecipeField<int> Whole(
        string name, Func<TrainingRecipe, int> get, Func<TrainingRecipe, int, TrainingRecipe> set) =>
        new(name, SettingKind.WholeNumber, get, set);

    public static RecipeField<int?> OptionalWhole(
        string name, Func<TrainingRecipe, int?> get, Func<TrainingRecipe, int?, TrainingRecipe> set) =>
        new(name, SettingKind.WholeNumber, get, set) { AllowsNull = true };

    public static RecipeField<bool> Flag(
        string name, Func<TrainingRecipe, bool> get, Func<TrainingRecipe, bool, TrainingRecipe> set) =>
        new(name, SettingKind.Flag, get, set);

    /// <summary>Null means: as the method has it.</summary>
    public static RecipeField<bool?> OptionalFlag(
        string name, Func<TrainingRecipe, bool?> get, Func<TrainingRecipe, bool?, TrainingRecipe> set) =>
        new(name, SettingKind.Flag, get, set) { AllowsNull = true };

    public static RecipeField<T> Choice<T>(
        string name, Func<TrainingRecipe, T> get, Func<TrainingRecipe, T, TrainingRecipe> set) where T : struct, Enum =>
        new(name, SettingKind.Choice, get, set) { Choices = [.. SnakeCase.Names<T>()] };

    public static RecipeField<string> Text(
        string name, Func<TrainingRecipe, string> get, Func<TrainingRecipe, string, TrainingRecipe> set) =>
        new(name, SettingKind.Text, get, set);

    public static RecipeField<string?> OptionalText(
        string name, Func<TrainingRecipe, string?> get, Func<TrainingRecipe, string?, TrainingRecipe> set) =>
        new(name, SettingKind.Text, get, set) { AllowsNull = true };

    /// <param name="offered">Texts that a form offers.</param>
    public static RecipeField<IReadOnlyList<string>> List(
        string name, Func<TrainingRecipe, IReadOnlyList<string>> get, Func<TrainingRecipe, IReadOnlyList<string>, TrainingRecipe> set,
        IReadOnlyList<string>? offered = null) =>
        new(name, SettingKind.List, get, set) { Choices = offered ?? [] };

    public static RecipeField<IReadOnlyDictionary<string, T>> Map<T>(
        string name, Func<TrainingRecipe, IReadOnlyDictionary<string, T>> get,
        Func<TrainingRecipe, IReadOnlyDictionary<string, T>, TrainingRecipe> set) where T : struct =>
        new(name, SettingKind.Map, get, set);
}
