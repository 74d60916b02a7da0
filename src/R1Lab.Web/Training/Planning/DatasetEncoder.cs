using R1Lab.Data.Datasets;
using R1Lab.Engine;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Tokenization;
using R1Lab.Engine.Training;
using R1Lab.Web.Workbench;

namespace R1Lab.Web.Training;

/// <summary>A dataset as token ids under one recipe.</summary>
/// <param name="ModelThinks">Whether the model knows the marks of a thought.</param>
/// <param name="Tokenizer">The model's; null where it has none.</param>
public sealed record EncodedRows(EncodedDataset Set, bool ModelThinks, Tokenizer? Tokenizer);

/// <summary>
/// Turns stored rows into token ids, off the page's thread. The last datasets are kept whole, before the length limit, because the form asks
/// again after every change of a parameter; only another tokenizer, template, choice of what is learned or version of the data is work. Who stops waiting does not stop
/// that work: the next question finds it done.
/// </summary>
public sealed class DatasetEncoder(DatasetStore datasets)
{
    private const int MostKept = 3;
    private const int MemoryShare = 8;

    private readonly Lock _lock = new();
    private readonly LinkedList<Entry> _recent = new();

    /// <summary>Most bytes of token ids that are kept together; a dataset that has more alone is encoded each time.</summary>
    public long MostBytes { get; init; } = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / MemoryShare;

    /// <summary>Bytes of token ids that are kept now.</summary>
    public long KeptBytes
    {
        get
        {
            lock (_lock) return _recent.Sum(entry => entry.Bytes);
        }
    }

    /// <exception cref="BadInputException">The tokenizer or the template of the model cannot be used.</exception>
    public async Task<EncodedRows> EncodeAsync(TrainingRecipe recipe, ModelChoice model, Dataset dataset, CancellationToken cancellationToken = default)
    {
        var text = await Task.Run(() => ModelFolder.TextFingerprintOf(model.Folder), cancellationToken);
        var key = new Key(dataset.Id, dataset.Version, model.Folder, text, recipe.ThinkingPolicy, recipe.TrainOn);
        var encoding = await Recent(key, model, dataset).WaitAsync(cancellationToken);
        return new(encoding.Corpus.Under(recipe.MaxLength, recipe.OverlongRows).Sample(recipe.MaxSamples, recipe.Seed), encoding.ModelThinks, encoding.Tokenizer);
    }

    private Task<Encoding> Recent(Key key, ModelChoice model, Dataset dataset)
    {
        lock (_lock)
        {
            var known = _recent.FirstOrDefault(entry => entry.Key == key && entry.Encoding is not { IsFaulted: true });
            if (known is not null) _recent.Remove(known);
            var entry = known ?? new Entry(key);
            entry.Encoding ??= Task.Run(async () => Keep(entry, Encode(key, model, await ReadAsync(dataset))));
            _recent.AddFirst(entry);
            if (_recent.Count > MostKept) _recent.RemoveLast();
            return entry.Encoding;
        }
    }

    // How large a dataset is, is known once it is encoded: the least recently asked for make room.
    private Encoding Keep(Entry encoded, Encoding encoding)
    {
        lock (_lock)
        {
            encoded.Bytes = encoding.Corpus.Bytes;
            var bytes = 0L;
            foreach (var entry in _recent.ToList())
            {
                if (bytes + entry.Bytes > MostBytes) _recent.Remove(entry);
                else bytes += entry.Bytes;
            }

            return encoding;
        }
    }

    private async Task<List<(int Id, DatasetRow Row)>> ReadAsync(Dataset dataset)
    {
        var rows = new List<(int, DatasetRow)>(dataset.RowCount);
        await foreach (var row in datasets.ReadAllAsync(dataset.Id)) rows.Add((row.Id, StoredRows.Read(row)));
        return rows;
    }

    private static Encoding Encode(Key key, ModelChoice model, List<(int Id, DatasetRow Row)> rows)
    {
        var text = ModelText.Read(model.Folder);
        var hasText = text.Tokenizer is not null && rows.Exists(row => row.Row is ConversationRow);
        try
        {
            if (hasText && text.TemplateFault is { } fault) throw new ChatTemplateException(fault);
            var encoder = hasText ? new ExampleEncoder(text.Tokenizer!, text.Template, key.Policy, int.MaxValue, key.TrainOn) : null;
            return new(EncodedCorpus.Of(rows, encoder), encoder?.ModelThinks ?? false, text.Tokenizer);
        }
        catch (ChatTemplateException e)
        {
            throw new BadInputException($"{model.Folder}: {e.Message}", e);
        }
    }

    /// <param name="Text">Fingerprint of tokenizer and template.</param>
    private sealed record Key(int Dataset, int Version, string Model, string Text, ThinkingPolicy Policy, TrainOn TrainOn);

    private sealed class Entry(Key key)
    {
        public Key Key { get; } = key;

        public Task<Encoding>? Encoding { get; set; }

        /// <summary>0 until it is encoded.</summary>
        public long Bytes { get; set; }
    }

    private sealed record Encoding(EncodedCorpus Corpus, bool ModelThinks, Tokenizer? Tokenizer);
}
