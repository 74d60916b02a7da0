using System.Text.Json;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;
using MudBlazor;
using R1Lab.Data;
using R1Lab.Data.Access;
using R1Lab.Data.Datasets;
using R1Lab.Engine.Datasets;
using R1Lab.Web.Access;
using R1Lab.Web.Components.Shared;
using R1Lab.Web.Workbench;

namespace R1Lab.Web.Components.Pages.Datasets;

/// <summary>One row: its text, and how the model sees it. It stays open with what was written until the row is stored.</summary>
public sealed partial class RowDialog : ComponentBase
{
    private RowDraft _draft = new();
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

    /// <summary>The row as it is written now; null as long as it is not complete.</summary>
    private DatasetRow? Edited => _draft.Problem() is null ? _draft.ToRow() : null;

    private IEnumerable<string> StoredTexts => StoredRows.Read(_stored!) switch
    {
        ConversationRow conversation => conversation.Turns.Select(turn => turn.ToolCalls is null ? turn.Content : $"{turn.Content}\n{turn.ToolCalls}"),
        TokenRow tokens => [string.Join(", ", tokens.Example.InputIds), string.Join(", ", tokens.Example.Labels)],
        _ => [],
    };

    protected override void OnInitialized()
    {
        _stored = Row;
        _draft = RowDraft.Of(Format, Row is null ? null : StoredRows.Read(Row));
    }

    private Task ChangeAsync(Action change)
    {
        change();
        return KeepAsync();
    }

    private Task KeepAsync() => _keeper?.KeepAsync(JsonSerializer.Serialize(_draft)) ?? Task.CompletedTask;

    /// <summary>Restores what was written before the page was loaded again.</summary>
    private void Restore(string state)
    {
        if (JsonSerializer.Deserialize<RowDraft>(state) is { } draft && draft.Format == _draft.Format) _draft = draft;
    }

    private async Task SaveAsync()
    {
        _problem = _draft.Problem() is { } problem ? Text[$"Problem_{problem}"].Value : null;
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
        catch (Exception error) when (FailureTranslation.IsExpected(error))
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
            await Store.AddRowAsync(actor, DatasetId, StoredRows.New(Format, _draft.ToRow()));
            return true;
        }

        var update = await Store.UpdateRowAsync(actor, DatasetId, _stored.Id, StoredRows.Changed(Format, _stored, _draft.ToRow()), _stored.Line);
        if (update == RowUpdate.Missing) _problem = Text["Gone"];
        return update == RowUpdate.Missing ? null : update == RowUpdate.Saved;
    }

    private void TakeStored() => (_draft, _isConflict) = (RowDraft.Of(Format, StoredRows.Read(_stored!)), false);

    private async Task CancelAsync()
    {
        await ForgetAsync();
        Dialog.Cancel();
    }

    private async Task ForgetAsync()
    {
        if (_keeper is not null) await _keeper.FinishAsync();
    }
}
