using R1Lab.Engine.Training;

namespace R1Lab.Engine.Exchange;

/// <summary>Reads and writes recipes as one tool's settings.</summary>
internal interface IRecipeFormat
{
    RecipeFormat Format { get; }

    /// <summary>The tool's name.</summary>
    string Tool { get; }

    /// <summary>The tool's name of each recipe field it has one for.</summary>
    IReadOnlyDictionary<string, string> Names { get; }

    /// <summary>Settings that only this tool has, or that tell it from the others; as many as there are.</summary>
    int Score(IReadOnlyList<Setting> settings);

    ImportedRecipe Read(IReadOnlyList<Setting> settings, ImportBudget budget);

    string Write(TrainingRecipe recipe);
}
