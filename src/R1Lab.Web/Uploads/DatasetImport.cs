using R1Lab.Data.Access;
using R1Lab.Data.Datasets;
using R1Lab.Engine;
using R1Lab.Engine.Datasets;
using R1Lab.Web.Workbench;

namespace R1Lab.Web.Uploads;

/// <summary>What an import shall do.</summary>
/// <param name="Name">What the dataset is called.</param>
/// <param name="Format">What a line holds; <see cref="DatasetFormat.Auto"/> looks.</param>
/// <param name="SkipBad">Store the good rows and list the rest, instead of storing nothing.</param>
public sealed record ImportSettings(string Name, DatasetFormat Format, bool SkipBad)
{
    /// <summary>Store nothing and say what would come of it.</summary>
    public bool CheckOnly { get; init; }

    /// <summary>Store rows although some of their fields are not learned; otherwise these are listed first and nothing is stored.</summary>
    public bool IgnoreFields { get; init; } = true;
}

/// <summary>A field of the file that means nothing to the lab, so that what stands there is not learned.</summary>
/// <param name="Rows">Rows that have a value there.</param>
public sealed record IgnoredField(string Name, int Rows);

/// <summary>What an import did.</summary>
/// <param name="Dataset">The new dataset; null when nothing was stored.</param>
/// <param name="Rows">Good rows seen.</param>
/// <param name="BadLines">Every line that is no row.</param>
public sealed record ImportResult(Dataset? Dataset, int Rows, IReadOnlyList<BadLine> BadLines)
{
    /// <summary>Fields that are not learned, by name.</summary>
    public IReadOnlyList<IgnoredField> Ignored { get; init; } = [];
}

/// <summary>
/// Reads an uploaded file into a dataset. It is read twice: first every line is judged, then, when all is well or bad lines may be skipped,
/// the rows are stored in one transaction; memory stays constant.
/// </summary>
public sealed class DatasetImport(DatasetStore datasets)
{
    /// <summary>More bad lines than this are counted but not listed one by one.</summary>
    public const int MostListed = 200_000;

    /// <summary>More fields that are not learned are not listed.</summary>
    private const int MostFields = 200;

    /// <param name="actor">Becomes the owner.</param>
    /// <exception cref="BadInputException">The file as a whole cannot be read: not UTF-8, format not told, no row in it.</exception>
    public async Task<ImportResult> RunAsync(Actor actor, string path, string source, ImportSettings settings, CancellationToken cancellation)
    {
        var judged = await Task.Run(() => Judge(path, source, settings.Format, cancellation), cancellation);
        if (judged.BadLines.Count > 0 && (!settings.SkipBad || judged.Rows == 0)) return judged.Result(null);
        if (judged.Rows == 0) throw new BadInputException(source, null, "dataset_empty", $"there is no row in the file");
        if (settings.CheckOnly || judged.Ignores && !settings.IgnoreFields) return judged.Result(null);
        var format = judged.Format == DatasetFormat.InputIds ? DatasetFormats.InputIds : judged.IsSingle ? DatasetFormats.PromptResponse : DatasetFormats.Messages;
        var wanted = new NewDataset(settings.Name, format) { Trailing = judged.Trailing };
        return judged.Result(await datasets.CreateAsync(actor, wanted, Rows(path, source, judged.Format, format), cancellation));
    }

    private static Judgement Judge(string path, string source, DatasetFormat format, CancellationToken cancellation)
    {
        var judged = new Judgement { Format = format };
        using var stream = File.OpenRead(path);
        foreach (var line in JsonlReader.ReadLines(stream, format, source, found => judged.Format = found, trailing => judged.Trailing = trailing))
        {
            cancellation.ThrowIfCancellationRequested();
            if (line.Bad is { } bad) judged.Add(bad);
            else judged.Add(line.Row!);
        }

        return judged;
    }

    private static IEnumerable<NewRow> Rows(string path, string source, DatasetFormat read, string stored)
    {
        using var stream = File.OpenRead(path);
        foreach (var line in JsonlReader.ReadLines(stream, read, source))
        {
            if (line.Row is { } row) yield return Stored(row, line, isOwn: read.Name() == stored, stored);
        }
    }

    // Lines of the dataset's own format are kept byte for byte; rows of other formats are written in it.
    private static NewRow Stored(DatasetRow row, JsonlLine line, bool isOwn, string format) => StoredRows.New(format, row, isOwn ? row.Raw : null) with
    {
        Leading = isOwn && line.Leading.Length > 0 ? line.Leading : null,
        LineEnd = isOwn && line.LineEnd != "\n" ? line.LineEnd : null,
    };

    private sealed class Judgement
    {
        private readonly SortedDictionary<string, int> _ignored = new(StringComparer.Ordinal);
        private int _bad;

        public DatasetFormat Format { get; set; }

        public string? Trailing { get; set; }

        public int Rows { get; private set; }

        /// <summary>Whether every row is one question with its answer, in a file that does not write conversations.</summary>
        public bool IsSingle { get; private set; } = true;

        public bool Ignores => _ignored.Count > 0;

        public List<BadLine> BadLines { get; } = [];

        public void Add(DatasetRow row)
        {
            Rows++;
            IsSingle &= Format is not (DatasetFormat.Messages or DatasetFormat.ShareGpt) && row is ConversationRow { IsSingle: true };
            // Names come from the file: a file may have a new one in every row.
            foreach (var name in row.Ignored.Where(name => _ignored.Count < MostFields || _ignored.ContainsKey(name))) _ignored[name] = _ignored.GetValueOrDefault(name) + 1;
        }

        public void Add(BadLine line)
        {
            if (++_bad <= MostListed) BadLines.Add(line);
        }

        public ImportResult Result(Dataset? dataset)
        {
            if (_bad > MostListed) BadLines.Add(new BadLine(BadLines[^1].Line + 1, Fault.Of("lines_more", $"{_bad - MostListed} more lines are bad")));
            return new ImportResult(dataset, Rows, BadLines) { Ignored = [.. _ignored.Select(field => new IgnoredField(field.Key, field.Value))] };
        }
    }
}
