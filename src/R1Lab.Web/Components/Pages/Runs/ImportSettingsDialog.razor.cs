using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Forms;
using Microsoft.Extensions.Localization;
using Microsoft.JSInterop;
using MudBlazor;
using R1Lab.Engine;
using R1Lab.Engine.Exchange;
using R1Lab.Web.Components.Shared;

namespace R1Lab.Web.Components.Pages.Runs;

/// <summary>Reads as soon as there is text, so that what becomes of every value is seen before anything is used.</summary>
public sealed partial class ImportSettingsDialog
{
    private string _text = "";
    private ImportedRecipe? _imported;
    private string? _problem;

    [CascadingParameter]
    private IMudDialogInstance Dialog { get; set; } = null!;

    [Inject]
    private IStringLocalizer<FailureTexts> Failures { get; set; } = default!;

    private async Task ReadFileAsync(InputFileChangeEventArgs chosen)
    {
        try
        {
            using var reader = new StreamReader(chosen.File.OpenReadStream(RecipeExchange.LongestText));
            Read(await reader.ReadToEndAsync());
        }
        catch (Exception refused) when (FailureTranslation.IsExpected(refused))
        {
            (_imported, _problem) = (null, Failures.Show(refused));
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
            _problem = Failures.Show(bad);
        }
    }
}
