using System.Text.Json;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;
using MudBlazor;
using R1Lab.Data;
using R1Lab.Data.Access;
using R1Lab.Data.Datasets;
using R1Lab.Web.Access;
using R1Lab.Web.Components.Shared;

namespace R1Lab.Web.Components.Pages.Datasets;

/// <summary>One row: its text, and how the model sees it. It stays open with what was written until the row is stored.</summary>
public sealed partial class RowDialog : ComponentBase
{
    private string _prompt = "";
    private string _response = "";
    private string _inputIds = "[]";
    private string _labels = "[]";
    private string? _problem;
    private DatasetRowEntity? _stored;
    private bool _isConflict;
    private bool _saving;
    private FormKeeper? _keeper;

    [Parameter, EditorRequired]
    public int DatasetId { get; set; }

    /// <summary>Null for a new row.</summary>
    [Parameter]
    public DatasetRowEntity? Row { get; set; }

    [Parameter]
    public string Format { get; set; } = DatasetFormats.PromptResponse;

    /// <summary>Why the row can only be read; null when it can be changed.</summary>
    [Parameter]
    public string? ReadOnly { get; set; }

    [CascadingParameter]
    private IMudDialogInstance Dialog { get; set; } = default!;

    [Inject]
    private DatasetStore Store { get; set; } = default!;

    [Inject]
    private LiveSession Live { get; set; } = default!;

    [Inject]
    private IStringLocalizer<FailureTexts> Failures { get; set; } = default!;

    /// <summary>What the unfinished row is kept under in the tab.</summary>
    private string Kept => $"row/{DatasetId}/{Row?.Id ?? 0}";

    protected override void OnInitialized()
    {
        _stored = Row;
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
        if (_problem is not null || _saving) return;
        _saving = true;
        try
        {
            if (await StoreAsync() is not { } changed) return;
            await ForgetAsync();
            if (changed) Dialog.Close(true);
            else Dialog.Cancel();
        }
        catch (RowConflictException conflict)
        {
            (_stored, _isConflict) = (conflict.Stored, true); // saving again is a decision for one of the two texts
        }
        catch (Exception error) when (error is NotAllowedException or RecordNotFoundException or IOException or System.Data.Common.DbException)
        {
            _problem = Failures.Show(error);
        }
        finally
        {
            _saving = false;
        }
    }

    /// <summary>Whether the dataset changed; null when the row is gone.</summary>
    private async Task<bool?> StoreAsync()
    {
        var actor = await Live.DemandAsync(LabRight.Train);
        if (_stored is null)
        {
            await Store.AddRowAsync(actor, DatasetId, Edited());
            return true;
        }

        var update = await Store.UpdateRowAsync(actor, DatasetId, _stored.Id, Edited(), _stored.Raw);
        if (update == RowUpdate.Missing) _problem = Text["Gone"];
        return update == RowUpdate.Missing ? null : update == RowUpdate.Saved;
    }

    private void TakeStored()
    {
        (_prompt, _response, _isConflict) = (_stored!.Prompt, _stored.Response, false);
        (_inputIds, _labels) = (_stored.InputIds ?? "[]", _stored.Labels ?? "[]");
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
