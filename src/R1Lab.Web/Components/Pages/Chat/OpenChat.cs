using R1Lab.Data.Conversations;

namespace R1Lab.Web.Components.Pages.Chat;

/// <summary>
/// One conversation as the page has it open. An answer belongs to the chat it was asked in, whatever the page shows when it comes.
/// </summary>
internal sealed class OpenChat
{
    public OpenChat() { }

    public OpenChat(Conversation record)
    {
        Record = record;
        Turns.AddRange(record.Turns.Select(ChatTurn.Of));
    }

    /// <summary>Null until the first question is stored.</summary>
    public Conversation? Record { get; set; }

    public List<ChatTurn> Turns { get; } = [];

    public string? Problem { get; set; }

    /// <summary>Ends the answer under way; null while there is none.</summary>
    public CancellationTokenSource? Stop { get; set; }

    public bool IsAnswering => Stop is not null;

    /// <summary>The conversation was deleted: nothing more of it is stored.</summary>
    public bool IsDeleted { get; set; }
}
