using System.Text;
using Microsoft.AspNetCore.Components;
using MudBlazor;
using R1Lab.Engine;
using R1Lab.Engine.Exchange;
using R1Lab.Engine.Training;

namespace R1Lab.Web.Components.Pages.Runs;

/// <summary>One recipe in three other spellings, with what each of them cannot say.</summary>
public sealed partial class ExportSettingsDialog
{
    private RecipeFormat _format = RecipeFormat.LlamaFactory;
    private ExportedRecipe _exported = null!;

    [Parameter, EditorRequired]
    public required TrainingRecipe Recipe { get; set; }

    [CascadingParameter]
    private IMudDialogInstance Dialog { get; set; } = null!;

    private IReadOnlyList<Choice> Formats => [.. SnakeCase.Names<RecipeFormat>().Select(key => new Choice(key, Text[$"Format_{key}"], Text[$"Format_{key}_hint"]))];

    private string FileName => _format == RecipeFormat.Trl ? "train.py" : $"{SnakeCase.Of(_format)}.yaml";

    private string Address => $"data:text/plain;charset=utf-8;base64,{Convert.ToBase64String(Encoding.UTF8.GetBytes(_exported.Text))}";

    protected override void OnInitialized() => Choose(SnakeCase.Of(_format));

    private void Choose(string format)
    {
        _format = SnakeCase.Parse<RecipeFormat>(format) ?? _format;
        _exported = RecipeExchange.Export(Recipe, _format);
    }
}
