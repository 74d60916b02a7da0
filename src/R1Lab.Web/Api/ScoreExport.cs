using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using R1Lab.Data.Studies;

namespace R1Lab.Web.Api;

/// <summary>Every score of a study as a file, one row a score; a score of "cannot judge" is empty (null) with its own column.</summary>
public static class ScoreExport
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // Chinese stays readable; a file is never placed inside HTML
    };

    private static readonly string[] Columns =
    [
        "study_id", "item_id", "prompt", "response_id", "model", "fingerprint", "response", "rater", "criterion", "value", "cannot_judge", "comment",
        "submitted_at",
    ];

    /// <summary>RFC 4180 in UTF-8 with a byte order mark, so that spreadsheets show Chinese.</summary>
    public static byte[] Csv(IReadOnlyList<ScoreRow> rows)
    {
        var text = new StringBuilder().AppendJoin(',', Columns).Append("\r\n");
        foreach (var row in rows)
            text.AppendJoin(',', Cells(row).Select(CsvCell.Quoted)).Append("\r\n");
        return [.. Encoding.UTF8.GetPreamble(), .. Encoding.UTF8.GetBytes(text.ToString())];
    }

    public static byte[] Json(IReadOnlyList<ScoreRow> rows) => JsonSerializer.SerializeToUtf8Bytes(
        rows.Select(row => new
        {
            row.StudyId,
            row.ItemId,
            row.Prompt,
            row.ResponseId,
            Model = row.ModelName,
            row.Fingerprint,
            row.Response,
            Rater = row.RaterName,
            row.Criterion,
            row.Value,
            CannotJudge = row.IsNotApplicable,
            row.Comment,
            row.SubmittedAt,
        }),
        Options);

    private static string?[] Cells(ScoreRow row) =>
    [
        Number(row.StudyId), Number(row.ItemId), CsvCell.Guarded(row.Prompt), Number(row.ResponseId), CsvCell.Guarded(row.ModelName), CsvCell.Guarded(row.Fingerprint), CsvCell.Guarded(row.Response),
        CsvCell.Guarded(row.RaterName), CsvCell.Guarded(row.Criterion), row.Value is { } value ? Number(value) : null, row.IsNotApplicable ? "true" : "false", CsvCell.Guarded(row.Comment),
        row.SubmittedAt?.ToString("O", CultureInfo.InvariantCulture),
    ];

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
