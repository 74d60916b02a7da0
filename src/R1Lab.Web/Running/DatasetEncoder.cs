using System.Text.Json;
using R1Lab.Data.Datasets;
using R1Lab.Engine;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Tokenization;
using R1Lab.Engine.Training;

namespace R1Lab.Web.Running;

/// <summary>A dataset as token ids under one recipe.</summary>
/// <param name="ModelThinks">Whether the model knows the marks of a thought.</param>
/// <param name="Tokenizer">The model's; null where it has none.</param>
public sealed record EncodedRows(EncodedDataset Set, bool ModelThinks, Tokenizer? Tokenizer);

/// <summary>
/// Turns stored rows into token ids, off the page's thread. The last datasets are kept whole, before the length limit, because the form asks
/// again after every change of a parameter; only another model, policy or version of the data is work. Who stops waiting does not stop that
/// work: the next question finds it done.
/// </summary>
public sealed class DatasetEncoder(DatasetStore datasets)
{
    private const int Kept = 3;

    private readonly Lock _lock = new();
    private readonly LinkedList<(Key Key, Task<Encoding> Encoding)> _recent = new();

    /// <exception cref="BadInputException">The tokenizer or the template of the model cannot be used.</exception>
    public async Task<EncodedRows> EncodeAsync(TrainingRecipe recipe, ModelChoice model, Dataset dataset, CancellationToken cancellationToken = default)
    {
        var key = new Key(dataset.Id, dataset.Version, model.Folder, recipe.ThinkingPolicy);
        var encoding = await Recent(key, model, dataset).WaitAsync(cancellationToken);
        return new(encoding.Corpus.Under(recipe.MaxLength, recipe.OverlongRows).Sample(recipe.MaxSamples, recipe.Seed), encoding.ModelThinks, encoding.Tokenizer);
    }

    private Task<Encoding> Recent(Key key, ModelChoice model, Dataset dataset)
    {
        lock (_lock)
        {
            for (var entry = _recent.First; entry is not null; entry = entry.Next)
            {
                if (entry.Value.Key != key || entry.Value.Encoding is { IsFaulted: true }) continue;
                _recent.Remove(entry);
                _recent.AddFirst(entry);
                return entry.Value.Encoding;
            }

            var encoding = Task.Run(async () => Encode(key.Policy, model, await ReadAsync(dataset)));
            _recent.AddFirst((key, encoding));
            if (_recent.Count > Kept) _recent.RemoveLast();
            return encoding;
        }
    }

    private async Task<List<(int Id, DatasetRow Row)>> ReadAsync(Dataset dataset)
    {
        var rows = new List<(int, DatasetRow)>(dataset.RowCount);
        await foreach (var row in datasets.ReadAllAsync(dataset.Id)) rows.Add((row.Id, RowOf(row)));
        return rows;
    }

    private static Encoding Encode(ThinkingPolicy policy, ModelChoice model, List<(int Id, DatasetRow Row)> rows)
    {
        var tokenizer = model.HasTokenizer ? Tokenizer.Load(model.Folder) : null;
        var encoder = tokenizer is null || !rows.Exists(row => row.Row.Tokens is null) ? null : new ExampleEncoder(tokenizer, ChatTemplate.Load(model.Folder), policy, int.MaxValue);
        return new(EncodedCorpus.Of(rows, encoder), encoder?.ModelThinks ?? false, tokenizer);
    }

    private static DatasetRow RowOf(DatasetRowEntity row)
    {
        if (row.InputIds is null) return new(row.Prompt, row.Response);

        var ids = JsonSerializer.Deserialize<int[]>(row.InputIds)!;
        var labels = row.Labels is null ? ids : JsonSerializer.Deserialize<int[]>(row.Labels)!;
        return new("", "") { Tokens = new(ids, labels) };
    }

    private sealed record Key(int Dataset, int Version, string Model, ThinkingPolicy Policy);

    private sealed record Encoding(EncodedCorpus Corpus, bool ModelThinks, Tokenizer? Tokenizer);
}
