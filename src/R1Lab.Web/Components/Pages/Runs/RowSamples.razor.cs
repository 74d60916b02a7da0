using System.Globalization;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Localization;
using R1Lab.Data.Datasets;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Training;
using R1Lab.Web.Components.Shared;
using R1Lab.Web.Training;

namespace R1Lab.Web.Components.Pages.Runs;

/// <summary>Asks for rows again when the recipe treats them differently; another learning rate is no reason to.</summary>
public sealed partial class RowSamples : IDisposable
{
    private readonly HashSet<(int Row, int Part)> _open = [];
    private readonly CancellationTokenSource _leaving = new();
    private IReadOnlyList<RowSample>? _rows;
    private IReadOnlyDictionary<int, int> _numbers = new Dictionary<int, int>();
    private (string, string, ThinkingPolicy, int, OverlongRows, TrainOn) _shown;
    private string? _failure;
    private int _seed;
    private int _version;

    [Parameter, EditorRequired]
    public required TrainingRecipe Recipe { get; set; }

    [Parameter]
    public int DatasetId { get; set; }

    [Inject]
    private DatasetStore Datasets { get; set; } = null!;

    [Inject]
    private RunQueue Queue { get; set; } = null!;

    [Inject]
    private IStringLocalizer<FailureTexts> Failures { get; set; } = default!;

    [Inject]
    private ILogger<RowSamples> Log { get; set; } = null!;

    public void Dispose()
    {
        _leaving.Cancel();
        _leaving.Dispose();
    }

    protected override Task OnParametersSetAsync()
    {
        var asked = (Recipe.Model, Recipe.Dataset, Recipe.ThinkingPolicy, Recipe.MaxLength, Recipe.OverlongRows, Recipe.TrainOn);
        if (asked == _shown) return Task.CompletedTask;

        _shown = asked;
        return LoadAsync();
    }

    private Task OthersAsync()
    {
        _seed++;
        return LoadAsync();
    }

    private async Task LoadAsync()
    {
        var asked = _shown;
        try
        {
            var rows = await Queue.SampleAsync(Recipe, _seed, _leaving.Token);
            if (asked != _shown) return;
            var numbers = await Datasets.RowNumbersAsync(DatasetId, [.. rows.Select(row => row.Row)], _leaving.Token);
            if (asked != _shown) return;
            (_rows, _numbers, _failure) = (rows, numbers, null);
            _open.Clear();
            _version++;
        }
        catch (OperationCanceledException)
        {
            // The page is gone.
        }
        catch (Exception error)
        {
            Log.LogError(error, "Rows could not be shown as tokens.");
            _failure = Failures.Show(error);
        }
    }

    private string NumberOf(RowSample row) => _numbers.TryGetValue(row.Row, out var number) ? number.ToString("N0", CultureInfo.CurrentCulture) : "–";

    private void Toggle(RowSample row)
    {
        if (!_open.Remove((row.Row, row.Part))) _open.Add((row.Row, row.Part));
    }
}
