using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using R1Lab.Data.Studies;

namespace R1Lab.Web.Desk;

/// <summary>What is stored of a question, as the rating desk in the browser reads it: from the page and from the API in the same words.</summary>
public sealed record EntryCard(
    int AssignmentId, EntryOutcome Outcome, AssignmentState State, string? Client, long? Sequence, DateTimeOffset? At, int Revision,
    DateTimeOffset? SubmittedAt, DateTimeOffset? UndoUntil, bool StudyOpen, IReadOnlyList<EntryScore> Scores, string? Comment)
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // Razor escapes it for the attribute
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    public static EntryCard Of(EntryReceipt receipt) => Of(receipt.Stored, receipt.Outcome, receipt.StudyOpen);

    public static EntryCard Of(StoredEntry stored, EntryOutcome outcome = EntryOutcome.Stored, bool studyOpen = true) => new(
        stored.AssignmentId, outcome, stored.State, stored.Stamp?.Client, stored.Stamp?.Sequence, stored.At, stored.Revision,
        stored.SubmittedAt, stored.UndoUntil, studyOpen,
        [.. stored.Form.Scores.Select(score => new EntryScore(score.Slot, score.Criterion, score.Value))], stored.Form.Comment);

    /// <summary>The entry and a note to show beside it, for the page.</summary>
    public string ForPage(string? note) => JsonSerializer.Serialize(new { entry = this, note }, Options);
}

/// <summary>A null value is "cannot judge".</summary>
public sealed record EntryScore(int Slot, string Criterion, int? Value);
