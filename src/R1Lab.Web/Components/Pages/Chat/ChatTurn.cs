using R1Lab.Data.Conversations;
using R1Lab.Engine.Tokenization;
using R1Lab.Web.Serving;

namespace R1Lab.Web.Components.Pages.Chat;

/// <summary>One turn on the page: a question, or a model's answer as it stands.</summary>
internal sealed class ChatTurn
{
    private ChatTurn() { }

    public string? Question { get; private init; }

    public string? Model { get; private init; }

    public ReplyPicture Picture { get; set; } = ReplyPicture.Empty;

    public static ChatTurn Ask(string question) => new() { Question = question };

    public static ChatTurn Answering(string model) => new() { Model = model };

    public static ChatTurn Of(ConversationTurn kept) => kept.Role == "assistant"
        ? new() { Model = kept.ModelName, Picture = new ReplyPicture(StateOf(kept), kept.Reasoning ?? "", kept.Content, kept.CompletionTokens ?? 0, Rate(kept), 0) { Reported = kept.Reported } }
        : Ask(kept.Content);

    /// <summary>The thought goes along: the template decides whether the model sees it again.</summary>
    public ChatMessage AsMessage() =>
        Question is null ? new("assistant", Picture.Answer) { Reasoning = Picture.Thought } : new("user", Question);

    private static ReplyState StateOf(ConversationTurn kept) => kept.FinishReason switch
    {
        "length" => ReplyState.Cut,
        "cancelled" => ReplyState.Stopped,
        _ => ReplyState.Finished,
    };

    private static double Rate(ConversationTurn kept) => kept is { Seconds: > 0, CompletionTokens: { } tokens } ? tokens / kept.Seconds.Value : 0;
}
