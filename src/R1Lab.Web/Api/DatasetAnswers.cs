using System.Text.Json.Nodes;
using R1Lab.Data.Datasets;
using R1Lab.Engine;
using R1Lab.Web.Uploads;

namespace R1Lab.Web.Api;

/// <summary>Datasets and rows as the API shows them.</summary>
internal static class DatasetAnswers
{
    public static object Card(Dataset dataset) => new
    {
        dataset.Id,
        dataset.Name,
        dataset.Format,
        Rows = dataset.RowCount,
        dataset.Version,
        Owner = dataset.OwnerName,
        CreatedAt = dataset.CreatedAt.ToUnixTimeSeconds(),
        ChangedAt = dataset.ChangedAt.ToUnixTimeSeconds(),
    };

    public static object Row(DatasetRowEntity row, string format) => format == DatasetFormats.InputIds
        ? new { row.Id, InputIds = Json(row.InputIds), Labels = Json(row.Labels) }
        : new { row.Id, row.Prompt, row.Response };

    /// <summary>201 with the dataset and the lines left out, 200 with what was only checked, or 422 with every bad line and nothing stored.</summary>
    /// <param name="source">The file as its sender knows it.</param>
    /// <param name="result">What came of it.</param>
    public static IResult Imported(string source, ImportResult result)
    {
        var lines = result.BadLines.Select(b => new ApiBadLine(b.Line, b.Reason)).ToList();
        if (result.Dataset is null && lines.Count == 0) return Results.Json(new { result.Rows, Skipped = 0, Lines = lines, Ignored = result.Ignored.Select(Field) });
        if (result.Dataset is not { } dataset) return ApiError.Unprocessable($"{source}: {lines.Count} bad lines, nothing was stored.", lines);
        return Results.Json(
            new { dataset.Id, dataset.Name, dataset.Format, Rows = dataset.RowCount, dataset.Version, Skipped = lines.Count, Lines = lines, Ignored = result.Ignored.Select(Field) },
            statusCode: StatusCodes.Status201Created);
    }

    private static object Field(IgnoredField field) => new { Field = field.Name, field.Rows };

    /// <summary>422 for a file that cannot be read at all, in the same shape as one with bad lines.</summary>
    public static IResult Refused(BadInputException bad) => ApiError.Unprocessable(bad.Message, []);

    private static JsonNode? Json(string? stored) => stored is null ? null : JsonNode.Parse(stored);
}
