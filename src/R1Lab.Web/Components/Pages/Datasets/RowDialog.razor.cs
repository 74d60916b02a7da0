using System.Text.Json;
using Microsoft.AspNetCore.Components;
using MudBlazor;
using R1Lab.Data.Datasets;
using R1Lab.Web.Components.Shared;

namespace R1Lab.Web.Components.Pages.Datasets;

/// <summary>One row: its text, and how the model sees it.</summary>
public sealed partial class RowDialog : ComponentBase
{
    private string _prompt = "";
    private string _response = "";
    private string _inputIds = "[]";
    private string _labels = "[]";
    private string? _problem;
    private FormKeeper? _keeper;

    /// <summary>Null for a new row.</summary>
    [Parameter]
    public DatasetRowEntity? Row { get; set; }

    /// <summary>What the unfinished row is kept under in the tab.</summary>
    [Parameter, EditorRequired]
    public string Kept { get; set; } = "row";

    [Parameter]
    public string Format { get; set; } = DatasetFormats.PromptResponse;

    /// <summary>Why the row can only be read; null when it can be changed.</summary>
    [Parameter]
    public string? ReadOnly { get; set; }

    [CascadingParameter]
    private IMudDialogInstance Dialog { get; set; } = default!;

    protected override void OnInitialized()
    {
        if (Row is null) return;
        (_prompt, _response) = (Row.Prompt, Row.Response);
        (_inputIds, _labels) = (Row.InputIds ?? "[]", Row.Labels ?? "[]");
    }

    private NewRow Edited() => Format == DatasetFormats.InputIds
        ? new NewRow("", "") { InputIds = _inputIds, Labels = _labels }
        : new NewRow(_prompt, _response);

    private async Task SaveAsync()
    {
        _problem = Problem();
        if (_problem is not null) return;
        await ForgetAsync();
        Dialog.Close(Edited());
    }

    private async Task CancelAsync()
    {
        await ForgetAsync();
        Dialog.Cancel();
    }

    private async Task ForgetAsync()
    {
        if (_keeper is not null) await _keeper.FinishAsync();
    }

    private string? Problem()
    {
        if (Format != DatasetFormats.InputIds)
            return _prompt.Length == 0 ? Text["PromptEmpty"].Value : _response.Length == 0 ? Text["ResponseEmpty"].Value : null;
        if (Integers(_inputIds) is not { Length: > 0 } ids) return Text["IdsBad"].Value;
        return Integers(_labels) is { } labels && labels.Length == ids.Length ? null : Text["LabelsBad"].Value;
    }

    private static int[]? Integers(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<int[]>(json);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
