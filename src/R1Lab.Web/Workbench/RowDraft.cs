using R1Lab.Data.Datasets;
using System.Text;
using System.Text.Json;
using R1Lab.Engine.Datasets;

namespace R1Lab.Web.Workbench;

/// <summary>What a row lacks while it is written.</summary>
public enum RowProblem
{
    PromptEmpty,
    ResponseEmpty,
    IdsBad,
    LabelsBad,
    TurnEmpty,
    NoUserTurn,
    LastTurn,
    NothingLearned,
    ToolCallsBad,
    ToolsBad,
}

/// <summary>A row while it is written, complete or not.</summary>
public sealed class RowDraft
{
    /// <summary>One of <see cref="DatasetFormats"/>; it says which of the texts below count.</summary>
    public string Format { get; init; } = DatasetFormats.PromptResponse;

    public string System { get; set; } = "";

    public string Prompt { get; set; } = "";

    public string Response { get; set; } = "";

    public List<TurnDraft> Turns { get; init; } = [];

    /// <summary>A JSON array of descriptions of functions; empty for none.</summary>
    public string Tools { get; set; } = "";

    /// <summary>A JSON array of token ids.</summary>
    public string InputIds { get; set; } = "[]";

    /// <summary>A JSON array of labels.</summary>
    public string Labels { get; set; } = "[]";

    /// <summary>The draft of a stored row, or an empty one.</summary>
    public static RowDraft Of(string format, DatasetRow? row) => row switch
    {
        TokenRow tokens => new() { Format = format, InputIds = Json(tokens.Example.InputIds), Labels = Json(tokens.Example.Labels) },
        ConversationRow { IsSingle: true } pair when format == DatasetFormats.PromptResponse =>
            new() { Format = format, System = pair.Turns.Count > 2 ? pair.Turns[0].Content : "", Prompt = pair.Prompt, Response = pair.Response },
        ConversationRow conversation => new() { Format = DatasetFormats.Messages, Turns = [.. conversation.Turns.Select(TurnDraft.Of)], Tools = conversation.Tools ?? "" },
        _ => new() { Format = format, Turns = [new TurnDraft(), new TurnDraft { Role = DatasetTurn.Assistant }] },
    };

    /// <summary>What keeps it from being a row; null where it is one.</summary>
    public RowProblem? Problem() => Format switch
    {
        DatasetFormats.InputIds => Integers(InputIds) is not { Length: > 0 } ids ? RowProblem.IdsBad : Integers(Labels)?.Length != ids.Length ? RowProblem.LabelsBad : null,
        DatasetFormats.PromptResponse => Prompt.Length == 0 ? RowProblem.PromptEmpty : Response.Length == 0 ? RowProblem.ResponseEmpty : null,
        _ => ConversationProblem(),
    };

    /// <summary>The row; only where there is no <see cref="Problem"/>.</summary>
    public DatasetRow ToRow() => Format switch
    {
        DatasetFormats.InputIds => new TokenRow(new TokenExample(Integers(InputIds)!, Integers(Labels)!)),
        DatasetFormats.PromptResponse => ConversationRow.Of(Prompt, Response, System),
        _ => new ConversationRow([.. Turns.Select(turn => turn.ToTurn())]) { Tools = Tools.Trim().Length == 0 ? null : Tools.Trim() },
    };

    private RowProblem? ConversationProblem()
    {
        if (Turns.Exists(turn => turn.IsEmpty)) return RowProblem.TurnEmpty;
        if (!Turns.Exists(turn => turn.Role == DatasetTurn.User)) return RowProblem.NoUserTurn;
        if (Turns[^1].Role != DatasetTurn.Assistant) return RowProblem.LastTurn;
        if (!Turns.Exists(turn => turn is { Role: DatasetTurn.Assistant, IsLearned: true })) return RowProblem.NothingLearned;
        if (Turns.Exists(turn => turn.ToolCalls.Trim().Length > 0 && !IsList(turn.ToolCalls, "function"))) return RowProblem.ToolCallsBad;
        if (Tools.Trim().Length > 0 && !IsList(Tools, "function")) return RowProblem.ToolsBad;
        return HasFunctions && !IsReadBack() ? RowProblem.ToolsBad : null;
    }

    private bool HasFunctions => Tools.Trim().Length > 0 || Turns.Exists(turn => turn.ToolCalls.Trim().Length > 0);

    // A key given twice, for example, is JSON and no row.
    private bool IsReadBack() => JsonlReader.ParseLine(Encoding.UTF8.GetBytes(RowContent.Write(ToRow())), DatasetFormat.Messages).Bad is null;

    private static string Json(int[] numbers) => $"[{string.Join(", ", numbers)}]";

    private static bool IsList(string json, string field)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement is { ValueKind: JsonValueKind.Array } list && list.GetArrayLength() > 0
                && list.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Object && item.TryGetProperty(field, out var function) && IsNamed(function));
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static bool IsNamed(JsonElement function) =>
        function.ValueKind == JsonValueKind.Object && function.TryGetProperty("name", out var name) && name.ValueKind == JsonValueKind.String;

    private static int[]? Integers(string json)
    {
        try
        {
            return JsonSerializer.Deserialize<int[]>(json);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

/// <summary>A turn while it is written.</summary>
public sealed class TurnDraft
{
    public string Role { get; set; } = DatasetTurn.User;

    public string Content { get; set; } = "";

    public bool IsLearned { get; set; } = true;

    /// <summary>A JSON array of calls; empty for none.</summary>
    public string ToolCalls { get; set; } = "";

    public string? ToolCallId { get; init; }

    public string? Name { get; init; }

    /// <summary>Whether the turn says nothing where it has to.</summary>
    internal bool IsEmpty => string.IsNullOrWhiteSpace(Content) && Role != DatasetTurn.Tool && ToolCalls.Trim().Length == 0;

    internal static TurnDraft Of(DatasetTurn turn) => new()
    {
        Role = turn.Role,
        Content = turn.Content,
        IsLearned = turn.IsLearned,
        ToolCalls = turn.ToolCalls ?? "",
        ToolCallId = turn.ToolCallId,
        Name = turn.Name,
    };

    // What belongs to another role is left behind where the role was changed.
    internal DatasetTurn ToTurn() => new(Role, Content)
    {
        IsLearned = Role != DatasetTurn.Assistant || IsLearned,
        ToolCalls = Role == DatasetTurn.Assistant && ToolCalls.Trim().Length > 0 ? ToolCalls.Trim() : null,
        ToolCallId = Role == DatasetTurn.Tool ? ToolCallId : null,
        Name = Name,
    };
}
