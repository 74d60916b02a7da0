using System.Text.Json.Nodes;
using R1Lab.Data.Datasets;
using R1Lab.Engine;
using R1Lab.Engine.Datasets;
using R1Lab.Web.Errors;
using R1Lab.Web.Uploads;
using R1Lab.Web.Workbench;

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

    /// <summary>A row in the fields of its dataset's format.</summary>
    public static object Row(DatasetRowEntity row, string format) => (StoredRows.Read(row), format) switch
    {
        (TokenRow tokens, _) => new { row.Id, tokens.Example.InputIds, tokens.Example.Labels },
        (ConversationRow { IsSingle: true, Turns.Count: 2 } single, DatasetFormats.PromptResponse) => new { row.Id, single.Prompt, single.Response },
        (ConversationRow { IsSingle: true } single, DatasetFormats.PromptResponse) => new { row.Id, single.Prompt, single.Response, System = single.Turns[0].Content },
        (var conversation, _) => Conversation(row, (ConversationRow)conversation),
    };

    private static object Conversation(DatasetRowEntity row, ConversationRow conversation)
    {
        var content = JsonNode.Parse(row.Content)!;
        var (messages, tools) = (content["messages"], content["tools"]);
        return tools is null
            ? new { row.Id, conversation.Prompt, conversation.Response, Messages = messages }
            : new { row.Id, conversation.Prompt, conversation.Response, Messages = messages, Tools = tools };
    }

    /// <summary>201 with the dataset and the lines left out, 200 with what was only checked, or 422 with every bad line and nothing stored.</summary>
    /// <param name="source">The file as its sender knows it.</param>
    /// <param name="result">What came of it.</param>
    public static IResult Imported(string source, ImportResult result)
    {
        var lines = result.BadLines.Select(b => new ApiBadLine(b.Line, b.Reason, b.Fault.Code)).ToList();
        if (result.Dataset is null && lines.Count == 0) return Results.Json(new { result.Rows, Skipped = 0, Lines = lines, Ignored = result.Ignored.Select(Field) });
        if (result.Dataset is not { } dataset) return ApiError.Unprocessable($"{source}: {lines.Count} bad lines, nothing was stored.", lines);
        return Results.Json(
            new { dataset.Id, dataset.Name, dataset.Format, Rows = dataset.RowCount, dataset.Version, Skipped = lines.Count, Lines = lines, Ignored = result.Ignored.Select(Field) },
            statusCode: StatusCodes.Status201Created);
    }

    private static object Field(IgnoredField field) => new { Field = field.Name, field.Rows };

    /// <summary>422 for a file that cannot be read at all, in the same shape as one with bad lines.</summary>
    public static IResult Refused(BadInputException bad) => ApiError.Unprocessable(bad.Message, []);
}
