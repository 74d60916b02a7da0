namespace R1Lab.Engine.Training.Recipe;

/// <summary>What a setting's value is.</summary>
public enum SettingKind
{
    /// <summary>A number that may be fractional.</summary>
    Number,

    WholeNumber,

    /// <summary>True or false.</summary>
    Flag,

    /// <summary>One of <see cref="RecipeField.Choices"/>.</summary>
    Choice,

    Text,

    /// <summary>Texts; <see cref="RecipeField.Choices"/> are those that are offered, and others are allowed.</summary>
    List,

    /// <summary>Numbers by name.</summary>
    Map,
}
