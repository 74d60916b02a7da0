using System.Text.Json;
using R1Lab.Data.Datasets;
using R1Lab.Engine;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Tokenization;
using R1Lab.Engine.Training;

namespace R1Lab.Web.Running;

/// <summary>A dataset as token ids under one model and policy.</summary>
/// <param name="ModelThinks">Whether the model knows the marks of a thought.</param>
public sealed record EncodedRows(EncodedDataset Set, bool ModelThinks);

/// <summary>
/// Turns stored rows into token ids, off the page's thread. The last results are kept, because the form asks again after every change of a
/// parameter that has nothing to do with the data.
/// </summary>
public sealed class DatasetEncoder(DatasetStore datasets) : IDisposable
{
    private const int Kept = 3;

    private readonly SemaphoreSlim _gate = new(1);
    private readonly LinkedList<(Key Key, EncodedRows Rows)> _recent = new();

    public void Dispose() => _gate.Dispose();

    /// <exception cref="BadInputException">The tokenizer or the template of the model cannot be used.</exception>
    public async Task<EncodedRows> EncodeAsync(TrainingRecipe recipe, ModelChoice model, Dataset dataset, CancellationToken cancellationToken = default)
    {
        var key = new Key(dataset.Id, dataset.Version, model.Folder, recipe.ThinkingPolicy, recipe.MaxLength);
        await _gate.WaitAsync(cancellationToken);
        try
        {
            if (_recent.FirstOrDefault(entry => entry.Key == key).Rows is { } known) return known;

            var rows = await ReadAsync(dataset, cancellationToken);
            var encoded = await Task.Run(() => Encode(recipe, model, rows, cancellationToken), cancellationToken);
            _recent.AddFirst((key, encoded));
            if (_recent.Count > Kept) _recent.RemoveLast();
            return encoded;
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task<List<(int Id, DatasetRow Row)>> ReadAsync(Dataset dataset, CancellationToken cancellationToken)
    {
        var rows = new List<(int, DatasetRow)>(dataset.RowCount);
        await foreach (var row in datasets.ReadAllAsync(dataset.Id, cancellationToken)) rows.Add((row.Id, RowOf(row)));
        return rows;
    }

    private static EncodedRows Encode(TrainingRecipe recipe, ModelChoice model, List<(int Id, DatasetRow Row)> rows, CancellationToken cancellationToken)
    {
        var encoder = model.HasTokenizer && rows.Exists(row => row.Row.Tokens is null)
            ? new ExampleEncoder(Tokenizer.Load(model.Folder), ChatTemplate.Load(model.Folder), recipe.ThinkingPolicy, recipe.MaxLength)
            : null;
        return new(EncodedDataset.Of(Watched(rows, cancellationToken), encoder), encoder?.ModelThinks ?? false);
    }

    private static IEnumerable<(int Id, DatasetRow Row)> Watched(List<(int Id, DatasetRow Row)> rows, CancellationToken cancellationToken)
    {
        foreach (var row in rows)
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return row;
        }
    }

    private static DatasetRow RowOf(DatasetRowEntity row)
    {
        if (row.InputIds is null) return new(row.Prompt, row.Response);

        var ids = JsonSerializer.Deserialize<int[]>(row.InputIds)!;
        var labels = row.Labels is null ? ids : JsonSerializer.Deserialize<int[]>(row.Labels)!;
        return new("", "") { Tokens = new(ids, labels) };
    }

    private sealed record Key(int Dataset, int Version, string Model, ThinkingPolicy Policy, int MaxLength);
}
