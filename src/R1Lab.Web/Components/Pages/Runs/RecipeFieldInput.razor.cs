using System.Globalization;
using Microsoft.AspNetCore.Components;
using R1Lab.Engine.Training;

namespace R1Lab.Web.Components.Pages.Runs;

/// <summary>One setting of the form: label, Hugging Face's name, value, what is wrong with it.</summary>
public sealed partial class RecipeFieldInput
{
    private string _text = "";
    private string? _known;
    private bool _unreadable;

    [Parameter, EditorRequired]
    public required FormField Field { get; set; }

    [Parameter, EditorRequired]
    public required TrainingRecipe Recipe { get; set; }

    [Parameter]
    public EventCallback<TrainingRecipe> RecipeChanged { get; set; }

    /// <summary>What is wrong with the value, or null.</summary>
    [Parameter]
    public string? Problem { get; set; }

    /// <summary>Told whether what stands in the field can be read as a value.</summary>
    [Parameter]
    public EventCallback<bool> UnreadableChanged { get; set; }

    /// <summary>Of the model that is chosen in the form; null: none is, or its size is not known.</summary>
    [CascadingParameter(Name = "ModelParameters")]
    public long? Parameters { get; set; }

    private string Label => Text[$"Label_{Field.Name}"];

    private string Help => Field.Name == "learning_rate" && Parameters is { } count
        ? Text["Help_learning_rate_usual", Rate(Recipe.UsualLearningRates(count).Low), Rate(Recipe.UsualLearningRates(count).High)]
        : Text[$"Help_{Field.Name}"];

    private string HelpId => $"help-{Field.Name}";

    private IReadOnlyCollection<string> Names => _text.Split(',', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>What a value means, where its own name does not say it.</summary>
    private string ChoiceName(string? value) => Text[$"Choice_{Field.Name}_{value}"] is { ResourceNotFound: false } name ? name : value ?? "";

    private static string Rate(double rate) => rate.ToString("0.##e-0", CultureInfo.InvariantCulture);

    protected override void OnParametersSet()
    {
        var value = Field.Read(Recipe);
        if (_known == value) return;

        (_known, _text, _unreadable) = (value, value, false);
    }

    private async Task SetAsync(string? text)
    {
        _text = text ?? "";
        var changed = Field.Write(Recipe, _text);
        if (_unreadable != (changed is null)) await UnreadableChanged.InvokeAsync(changed is null);
        _unreadable = changed is null;
        if (changed is null) return;

        _known = Field.Read(changed);
        await RecipeChanged.InvokeAsync(changed);
    }
}
