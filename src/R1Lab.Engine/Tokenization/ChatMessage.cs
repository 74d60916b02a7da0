using System.Text.Json.Nodes;

namespace R1Lab.Engine.Tokenization;

/// <summary>One turn of a conversation.</summary>
/// <param name="Role">system, user, assistant or tool.</param>
/// <param name="Content">Its text.</param>
public sealed record ChatMessage(string Role, string Content)
{
    /// <summary>The thought before an answer; the template decides whether the model sees it again.</summary>
    public string? Reasoning { get; init; }

    /// <summary>The turn as chat templates read it.</summary>
    internal JsonObject ToJson()
    {
        var turn = new JsonObject { ["role"] = Role, ["content"] = Content };
        if (!string.IsNullOrEmpty(Reasoning)) (turn["reasoning_content"], turn["reasoning"]) = (Reasoning, Reasoning);
        return turn;
    }
}
