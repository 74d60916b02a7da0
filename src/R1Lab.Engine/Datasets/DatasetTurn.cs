namespace R1Lab.Engine.Datasets;

/// <summary>One turn of a conversation.</summary>
/// <param name="Role">One of the constants below.</param>
/// <param name="Content">Its text; that of an assistant begins with the thought, in <c>&lt;think&gt;</c> marks, where there is one.</param>
public sealed record DatasetTurn(string Role, string Content)
{
    /// <summary>Instructions for the whole conversation.</summary>
    public const string System = "system";

    /// <summary>What is asked.</summary>
    public const string User = "user";

    /// <summary>What the model says: the only turns that are learned.</summary>
    public const string Assistant = "assistant";

    /// <summary>What a called function returned.</summary>
    public const string Tool = "tool";

    /// <summary>False for an answer that is shown to the model and not learned.</summary>
    public bool IsLearned { get; init; } = true;

    /// <summary>Calls of functions that end an assistant's turn, a JSON array of objects with a <c>function</c>; null for none.</summary>
    public string? ToolCalls { get; init; }

    /// <summary>The call that a tool's turn answers, as its <c>id</c> says; null where the file names none.</summary>
    public string? ToolCallId { get; init; }

    /// <summary>The function that a tool's turn comes from, or who speaks; null where the file does not say.</summary>
    public string? Name { get; init; }
}
