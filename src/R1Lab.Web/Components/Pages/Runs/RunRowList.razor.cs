using System.Globalization;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;
using MudBlazor;
using R1Lab.Data.Runs;
using R1Lab.Web.Components.Shared;

namespace R1Lab.Web.Components.Pages.Runs;

/// <summary>Reads the ledger page by page from the store, and again when a pass over the data is complete.</summary>
public sealed partial class RunRowList
{
    // Equal heights are what lets a hundred thousand rows scroll.
    private const float RowHeight = 41;

    private MudDataGrid<LedgerLine>? _grid;
    private LossLedger? _ledger;
    private RowVerdict? _only;
    private LedgerOrder _order = LedgerOrder.NeverLearned;
    private string? _failure;
    private (int Run, int Version)? _shown;

    [Parameter, EditorRequired]
    public required int RunId { get; set; }

    /// <summary>Where the rows stand; null when the dataset is gone.</summary>
    [Parameter]
    public int? DatasetId { get; set; }

    /// <summary>Counts up when the store has new losses.</summary>
    [Parameter]
    public int Version { get; set; }

    [Inject]
    private RunStore Store { get; set; } = null!;

    [Inject]
    private IStringLocalizer<FailureTexts> Failures { get; set; } = default!;

    [Inject]
    private ILogger<RunRowList> Log { get; set; } = null!;

    private IEnumerable<(RowVerdict? Verdict, int Count)> Choices =>
        new[] { RowVerdict.NeverLearned, RowVerdict.Memorised, RowVerdict.Forgotten, RowVerdict.Worsened, RowVerdict.LittleChanged, RowVerdict.KnownBefore, RowVerdict.Learned, RowVerdict.SeenOnce }
            .Select(verdict => ((RowVerdict?)verdict, _ledger!.Counts.GetValueOrDefault(verdict))).Prepend((null, _ledger!.Rows));

    protected override async Task OnParametersSetAsync()
    {
        if (_shown == (RunId, Version)) return;

        _shown = (RunId, Version);
        await LoadAsync();
    }

    private async Task LoadAsync()
    {
        try
        {
            _ledger = await Store.LedgerAsync(RunId);
            _failure = null;
        }
        catch (Exception error)
        {
            Log.LogError(error, "The rows of run {Run} could not be read.", RunId);
            _failure = Failures.Show(error);
        }

        if (_grid is not null) await _grid.ReloadServerData();
    }

    private async Task<GridData<LedgerLine>> PageAsync(GridStateVirtualize<LedgerLine> state, CancellationToken cancellation)
    {
        var (rows, total) = _ledger!.Page(_order, _only, state.StartIndex, state.Count);
        var texts = await Store.RowTextsAsync(RunId, [.. rows.Select(row => row.RowId)], cancellation);
        return new GridData<LedgerLine> { Items = [.. rows.Select(row => new LedgerLine(row, texts.GetValueOrDefault(row.RowId)))], TotalItems = total };
    }

    private Task KeepAsync(RowVerdict? only)
    {
        _only = only;
        if (only == RowVerdict.Memorised && _order == LedgerOrder.NeverLearned) _order = LedgerOrder.Memorised;
        if (only == RowVerdict.NeverLearned && _order == LedgerOrder.Memorised) _order = LedgerOrder.NeverLearned;
        return _grid?.ReloadServerData() ?? Task.CompletedTask;
    }

    private Task SortAsync(LedgerOrder order)
    {
        _order = order;
        return _grid?.ReloadServerData() ?? Task.CompletedTask;
    }

    /// <summary>The rule with its numbers, as it was applied to this run.</summary>
    private string Definition(RowVerdict verdict) => verdict == RowVerdict.Memorised && _ledger!.HeldOut is { } heldOut
        ? Text["Definition_MemorisedHeldOut", RowVerdicts.ByHeart, RowVerdicts.HeldOutShare * 100, Number(heldOut)]
        : Text[$"Definition_{verdict}", RowVerdicts.ByHeart, RowVerdicts.Unmoved * 100, Number(_ledger!.Median)];

    private string Passes(LedgerRow row) => Text["PassesLabel", string.Join(", ", row.Losses.Select(loss => loss is { } value ? Number(value) : "–"))];

    private static string Change(LedgerRow row) =>
        row.Verdict == RowVerdict.SeenOnce ? "–" : row.Change.ToString("+0.0000;-0.0000;0.0000", CultureInfo.CurrentCulture);

    private static string Number(double value) => value.ToString("0.0000", CultureInfo.CurrentCulture);

    private static string Shown(string text) => string.IsNullOrWhiteSpace(text) ? "…" : text;

    /// <summary>A row with the beginning of its text; null where it is no longer in the dataset.</summary>
    public sealed record LedgerLine(LedgerRow Row, string? Text);
}
