using System.Text.Json;

namespace R1Lab.Engine.Datasets;

/// <summary>Tells a file's format from the keys of its first good lines.</summary>
internal static class FormatDetector
{
    private static readonly (DatasetFormat Format, string[] Keys)[] Known =
    [
        (DatasetFormat.InputIds, ["input_ids", "labels"]),
        (DatasetFormat.PromptResponse, ["prompt", "response"]),
        (DatasetFormat.PromptCompletion, ["prompt", "completion"]),
        (DatasetFormat.Alpaca, ["instruction", "output"]),
        (DatasetFormat.Messages, ["messages"]),
    ];

    /// <exception cref="BadInputException">No line carries the keys of a known format.</exception>
    public static DatasetFormat Detect(IEnumerable<ReadOnlyMemory<byte>> lines, string source)
    {
        var votes = new int[Known.Length];
        string? seen = null;
        foreach (var line in lines)
        {
            if (JsonObjectLine.Check(line.Span) is not null) continue;
            using var document = JsonDocument.Parse(line);
            var index = Array.FindIndex(Known, known => known.Keys.All(key => document.RootElement.TryGetProperty(key, out _)));
            if (index >= 0) votes[index]++;
            else seen ??= string.Join(", ", document.RootElement.EnumerateObject().Select(property => property.Name).Take(8));
        }

        var best = Array.IndexOf(votes, votes.Max());
        if (votes[best] > 0) return Known[best].Format;

        // Nothing to go by: the plainest format, whose reader then names what each line lacks.
        return seen is null ? DatasetFormat.PromptResponse : throw new BadInputException(source, null,
            $"the format is not known: rows have the fields {seen}; expected prompt and response, input_ids and labels, prompt and completion, instruction and output, or messages");
    }
}
