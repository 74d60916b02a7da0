using System.Globalization;
using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.JSInterop;
using MudBlazor;
using R1Lab.Data.Access;
using R1Lab.Data.Datasets;
using R1Lab.Engine.Datasets;
using R1Lab.Web.Access;
using R1Lab.Web.Components.Shared;
using R1Lab.Web.Workbench;

namespace R1Lab.Web.Components.Pages.Datasets;

/// <summary>The rows of one dataset: read, search, change, undo.</summary>
public sealed partial class DatasetPage : ComponentBase, IAsyncDisposable
{
    // Equal heights are what lets a hundred thousand rows scroll.
    private const float RowHeight = 41;

    private readonly Dictionary<int, int> _numbers = [];
    private PageScript _script = default!;
    private MudDataGrid<DatasetRowEntity>? _grid;
    private Dataset? _dataset;
    private DatasetEdit? _lastEdit;
    private Visitor _visitor = new(null, "-");
    private HashSet<DatasetRowEntity> _selected = [];
    private string? _query;
    private int? _total;
    private bool _missing;
    private int? _openedRow;
    private bool _soughtUnfinished;

    [Parameter]
    public int Id { get; set; }

    /// <summary>A row to open at once, as links from elsewhere ask for.</summary>
    [SupplyParameterFromQuery]
    public int? Row { get; set; }

    [Inject]
    private DatasetStore Store { get; set; } = default!;

    [Inject]
    private IDialogService Dialogs { get; set; } = default!;

    [Inject]
    private IJSRuntime Js { get; set; } = default!;

    [Inject]
    private ISnackbar Snackbar { get; set; } = default!;

    [Inject]
    private LiveSession Live { get; set; } = default!;

    [CascadingParameter]
    private Task<AuthenticationState> Session { get; set; } = default!;

    private IReadOnlyList<(string, string)> Trail => [(Text["Datasets"], "datasets")];

    private string UndoHint => _lastEdit is null ? Text["NothingToUndo"] : Text[$"Undo{_lastEdit.Kind}", _lastEdit.RowCount];

    /// <summary>Why the visitor may not change the rows; null when it is allowed.</summary>
    private string? Reason => _dataset is null ? null : ChangeReason.Of(Denied, _visitor, _dataset.OwnerId, _dataset.OwnerName);

    public ValueTask DisposeAsync() => _script.DisposeAsync();

    protected override void OnInitialized() => _script = new PageScript(Js, "./js/form-keeper.js");

    protected override async Task OnParametersSetAsync()
    {
        _visitor = Visitor.Of((await Session).User);
        await ReadAsync();
    }

    private async Task ReadAsync()
    {
        var id = Id;
        var dataset = await Store.GetAsync(id);
        var lastEdit = dataset is null ? null : await Store.LastEditAsync(id);
        if (id == Id) (_dataset, _missing, _lastEdit) = (dataset, dataset is null, lastEdit); // else another dataset is shown by now
    }

    /// <summary>Opens the row the address names, once; a row that is gone is said so.</summary>
    protected override async Task OnAfterRenderAsync(bool firstRender)
    {
        if (_dataset is null) return;
        if (!_soughtUnfinished)
        {
            _soughtUnfinished = true;
            await ResumeRowAsync();
            StateHasChanged(); // what is done after rendering does not draw the page again by itself
        }

        if (Row is not { } wanted || _openedRow == wanted) return;
        _openedRow = wanted;
        if (await Store.GetRowAsync(Id, wanted) is { } row) await OpenAsync(row);
        else Snackbar.Add(Text["RowGone"], Severity.Warning);
        StateHasChanged();
    }

    /// <summary>Opens the row that was being written when the page was loaded again.</summary>
    private async Task ResumeRowAsync()
    {
        if (await _script.CallAsync<string[]>("unfinished", $"row/{Id}/") is not [var kept, ..]) return;
        var number = int.Parse(kept, CultureInfo.InvariantCulture);
        if (number == 0) await AddAsync();
        else if (number != Row && await Store.GetRowAsync(Id, number) is { } row) await OpenAsync(row);
    }

    private async Task<GridData<DatasetRowEntity>> LoadAsync(GridStateVirtualize<DatasetRowEntity> state, CancellationToken cancellation)
    {
        var page = await Store.PageAsync(Id, state.StartIndex, state.Count, _query, cancellation);
        if (_total != page.Total)
        {
            _total = page.Total;
            await InvokeAsync(StateHasChanged);
        }

        await NumberAsync(page.Rows, state.StartIndex, cancellation);
        return new GridData<DatasetRowEntity> { Items = page.Rows, TotalItems = page.Total };
    }

    /// <summary>A row's number is its place in the dataset, found among others or not.</summary>
    private async Task NumberAsync(IReadOnlyList<DatasetRowEntity> rows, int start, CancellationToken cancellation)
    {
        if (string.IsNullOrEmpty(_query))
        {
            foreach (var (at, row) in rows.Index()) _numbers[row.Id] = start + at + 1;
            return;
        }

        foreach (var (row, number) in await Store.RowNumbersAsync(Id, [.. rows.Select(row => row.Id)], cancellation)) _numbers[row] = number;
    }

    private string NumberOf(DatasetRowEntity row) => _numbers.TryGetValue(row.Id, out var number) ? number.ToString("N0", CultureInfo.CurrentCulture) : "";

    private static ConversationRow Conversation(DatasetRowEntity row) => (ConversationRow)StoredRows.Read(row);

    private static (string InputIds, string Labels) Ids(DatasetRowEntity row)
    {
        var example = ((TokenRow)StoredRows.Read(row)).Example;
        return (string.Join(", ", example.InputIds), string.Join(", ", example.Labels));
    }

    private Task SearchAsync(string? query)
    {
        _query = query;
        return RefreshAsync();
    }

    private async Task AddAsync()
    {
        if (await EditAsync(null)) await ChangedAsync(Text["Added"]);
    }

    private async Task OpenAsync(DatasetRowEntity row)
    {
        if (await EditAsync(row)) await ChangedAsync(Text["Saved"]);
    }

    /// <summary>Shows a row until it is saved or left; true when the dataset was changed.</summary>
    private async Task<bool> EditAsync(DatasetRowEntity? row)
    {
        var parameters = new DialogParameters<RowDialog>
        {
            { d => d.DatasetId, Id }, { d => d.Row, row }, { d => d.Format, _dataset!.Format }, { d => d.ReadOnly, Reason },
        };
        var options = new DialogOptions { MaxWidth = MaxWidth.Large, FullWidth = true, BackdropClick = false };
        var dialog = await Dialogs.ShowAsync<RowDialog>(Text[row is null ? "Add" : "Edit"], parameters, options);
        return await dialog.Result is { Canceled: false, Data: true };
    }

    private async Task DeleteSelectedAsync()
    {
        var count = await Store.DeleteRowsAsync(await Live.DemandAsync(LabRight.Train), Id, [.. _selected.Select(r => r.Id)]);
        await ChangedAsync(Text["Deleted", count]);
    }

    private async Task UndoAsync()
    {
        if (await Store.UndoAsync(await Live.DemandAsync(LabRight.Train), Id) is { } undone) await ChangedAsync(Text[$"Undone{undone.Kind}", undone.RowCount]);
        else await ReadAsync(); // somebody else was faster
    }

    private async Task ChangedAsync(string done)
    {
        Snackbar.Add(done, Severity.Success);
        await ReadAsync();
        await RefreshAsync();
    }

    private async Task RefreshAsync()
    {
        _selected = [];
        _numbers.Clear();
        if (_grid is null) return;
        await _grid.ReloadServerData();
    }
}
