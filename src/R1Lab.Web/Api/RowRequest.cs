using R1Lab.Data.Datasets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using R1Lab.Engine.Datasets;

namespace R1Lab.Web.Api;

/// <summary>A row as clients send it, in the fields of the dataset's format.</summary>
internal sealed record RowRequest
{
    public string? Prompt { get; init; }

    public string? Response { get; init; }

    public string? System { get; init; }

    public JsonArray? Messages { get; init; }

    public JsonArray? Tools { get; init; }

    public IReadOnlyList<int>? InputIds { get; init; }

    public IReadOnlyList<int>? Labels { get; init; }

    /// <summary>The row it describes.</summary>
    /// <param name="format">One of <see cref="DatasetFormats"/>.</param>
    /// <exception cref="ApiFieldException">A field is missing or cannot be used.</exception>
    public DatasetRow Row(string format) => format switch
    {
        DatasetFormats.InputIds => Ids(),
        DatasetFormats.Messages when Messages is not null => Conversation(),
        DatasetFormats.Messages when Prompt is null => throw new ApiFieldException("messages", "messages is missing."),
        _ => Pair(),
    };

    private TokenRow Ids()
    {
        if (InputIds is null || InputIds.Count == 0 || InputIds.Any(i => i < 0)) throw new ApiFieldException("input_ids", "input_ids must be token ids, at least one.");
        if (Labels is null || Labels.Count != InputIds.Count) throw new ApiFieldException("labels", "labels must be as many as input_ids.");
        return new TokenRow(new TokenExample([.. InputIds], [.. Labels]));
    }

    private ConversationRow Pair()
    {
        if (string.IsNullOrEmpty(Prompt)) throw new ApiFieldException("prompt", "prompt is missing or empty.");
        if (string.IsNullOrEmpty(Response)) throw new ApiFieldException("response", "response is missing or empty.");
        return ConversationRow.Of(Prompt, Response, System);
    }

    private DatasetRow Conversation()
    {
        var row = new JsonObject { ["messages"] = Messages!.DeepClone(), ["tools"] = Tools?.DeepClone(), ["system"] = System };
        var read = JsonlReader.ParseLine(Encoding.UTF8.GetBytes(row.ToJsonString()), DatasetFormat.Messages);
        return read.Row ?? throw new ApiFieldException("messages", $"{read.Bad!.Reason}.");
    }
}
