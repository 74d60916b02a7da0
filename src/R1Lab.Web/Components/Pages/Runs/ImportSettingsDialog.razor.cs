using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Forms;
using MudBlazor;
using R1Lab.Engine;
using R1Lab.Engine.Training.Exchange;

namespace R1Lab.Web.Components.Pages.Runs;

/// <summary>Reads as soon as there is text, so that what becomes of every value is seen before anything is used.</summary>
public sealed partial class ImportSettingsDialog
{
    private string _text = "";
    private ImportedRecipe? _imported;
    private string? _problem;

    [CascadingParameter]
    private IMudDialogInstance Dialog { get; set; } = null!;

    private async Task ReadFileAsync(InputFileChangeEventArgs chosen)
    {
        try
        {
            using var reader = new StreamReader(chosen.File.OpenReadStream(RecipeExchange.LongestText));
            Read(await reader.ReadToEndAsync());
        }
        catch (IOException refused)
        {
            (_imported, _problem) = (null, refused.Message);
        }
    }

    private void Read(string? text)
    {
        (_text, _imported, _problem) = (text ?? "", null, null);
        if (string.IsNullOrWhiteSpace(_text)) return;

        try
        {
            _imported = RecipeExchange.Import(_text);
        }
        catch (BadInputException bad)
        {
            _problem = Text["Unreadable", bad.Message];
        }
    }
}
