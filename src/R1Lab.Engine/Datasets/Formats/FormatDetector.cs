using System.Text.Json;

namespace R1Lab.Engine.Datasets.Formats;

/// <summary>Tells a file's format from the keys of its first good lines.</summary>
internal static class FormatDetector
{
    /// <exception cref="BadInputException">No line carries the keys of a known format.</exception>
    public static DatasetFormat Detect(IEnumerable<ReadOnlyMemory<byte>> lines, string source)
    {
        var votes = new Dictionary<IRowFormat, int>();
        string? seen = null;
        foreach (var line in lines)
        {
            if (JsonObjectLine.Check(line.Span) is not null) continue;
            using var document = JsonDocument.Parse(line);
            if (RowFormats.Matching(document.RootElement) is { } format) votes[format] = votes.GetValueOrDefault(format) + 1;
            else seen ??= string.Join(", ", document.RootElement.EnumerateObject().Select(property => property.Name).Take(8));
        }

        if (votes.Count > 0) return RowFormats.All.MaxBy(format => votes.GetValueOrDefault(format))!.Format;

        // Nothing to go by: the plainest format, whose reader then names what each line lacks.
        return seen is null ? DatasetFormat.PromptResponse : throw new BadInputException(source, null,
            "dataset_format_unknown", $"the format is not known: rows have the fields {seen}; expected {string.Join("; or ", RowFormats.All.Select(format => string.Join(" and ", format.Required)))}");
    }
}
