using System.Text.Json;
using R1Lab.Data.Access;
using R1Lab.Data.Datasets;
using R1Lab.Engine;
using R1Lab.Engine.Datasets;
using DatasetFormats = R1Lab.Data.Datasets.DatasetFormats;

namespace R1Lab.Web.Uploads;

/// <summary>What an import shall do.</summary>
/// <param name="Name">What the dataset is called.</param>
/// <param name="Format">What a line holds; <see cref="DatasetFormat.Auto"/> looks.</param>
/// <param name="SkipBad">Store the good rows and list the rest, instead of storing nothing.</param>
public sealed record ImportSettings(string Name, DatasetFormat Format, bool SkipBad);

/// <summary>What an import did.</summary>
/// <param name="Dataset">The new dataset; null when nothing was stored.</param>
/// <param name="Rows">Good rows seen.</param>
/// <param name="BadLines">Every line that is no row.</param>
public sealed record ImportResult(Dataset? Dataset, int Rows, IReadOnlyList<BadLine> BadLines);

/// <summary>
/// Reads an uploaded file into a dataset. It is read twice: first every line is judged, then, when all is well or bad lines may be skipped,
/// the rows are stored in one transaction; memory stays constant.
/// </summary>
public sealed class DatasetImport(DatasetStore datasets)
{
    /// <summary>More bad lines than this are counted but not listed one by one.</summary>
    public const int MostListed = 200_000;

    /// <param name="actor">Becomes the owner.</param>
    /// <exception cref="BadInputException">The file as a whole cannot be read: not UTF-8, format not told, no row in it.</exception>
    public async Task<ImportResult> RunAsync(Actor actor, string path, string source, ImportSettings settings, CancellationToken cancellation)
    {
        var judged = await Task.Run(() => Judge(path, source, settings.Format, cancellation), cancellation);
        if (judged.BadLines.Count > 0 && (!settings.SkipBad || judged.Rows == 0)) return judged.Result(null);
        if (judged.Rows == 0) throw new BadInputException(source, null, "there is no row in the file");
        var format = judged.Format == DatasetFormat.InputIds ? DatasetFormats.InputIds : DatasetFormats.PromptResponse;
        var wanted = new NewDataset(settings.Name, format) { Trailing = judged.Trailing };
        return judged.Result(await datasets.CreateAsync(actor, wanted, Rows(path, source, judged.Format), cancellation));
    }

    private static Judgement Judge(string path, string source, DatasetFormat format, CancellationToken cancellation)
    {
        var judged = new Judgement { Format = format };
        using var stream = File.OpenRead(path);
        foreach (var line in JsonlReader.ReadLines(stream, format, source, found => judged.Format = found, trailing => judged.Trailing = trailing))
        {
            cancellation.ThrowIfCancellationRequested();
            if (line.Bad is { } bad) judged.Add(bad);
            else if (line.Row!.Context.Count > 0) judged.Add(new BadLine(line.Row.Line, "the row has a system text or earlier turns; only single questions with their answers can be imported"));
            else judged.Rows++;
        }

        return judged;
    }

    private static IEnumerable<NewRow> Rows(string path, string source, DatasetFormat format)
    {
        using var stream = File.OpenRead(path);
        foreach (var line in JsonlReader.ReadLines(stream, format, source))
        {
            if (line.Row is { Context.Count: 0 } row) yield return Stored(row, line, format);
        }
    }

    // Lines of the lab's own formats are kept byte for byte; rows of other formats are stored as prompt and response.
    private static NewRow Stored(DatasetRow row, JsonlLine line, DatasetFormat format)
    {
        var own = format is DatasetFormat.PromptResponse or DatasetFormat.InputIds;
        return new NewRow(row.Prompt, row.Response)
        {
            InputIds = row.Tokens is null ? null : JsonSerializer.Serialize(row.Tokens.InputIds),
            Labels = row.Tokens is null ? null : JsonSerializer.Serialize(row.Tokens.Labels),
            Raw = own ? row.Raw : null,
            Leading = own && line.Leading.Length > 0 ? line.Leading : null,
            LineEnd = own && line.LineEnd != "\n" ? line.LineEnd : null,
        };
    }

    private sealed class Judgement
    {
        private int _bad;

        public DatasetFormat Format { get; set; }

        public string? Trailing { get; set; }

        public int Rows { get; set; }

        public List<BadLine> BadLines { get; } = [];

        public void Add(BadLine line)
        {
            if (++_bad <= MostListed) BadLines.Add(line);
        }

        public ImportResult Result(Dataset? dataset)
        {
            if (_bad > MostListed) BadLines.Add(new BadLine(BadLines[^1].Line + 1, $"{_bad - MostListed} more lines are bad"));
            return new ImportResult(dataset, Rows, BadLines);
        }
    }
}
