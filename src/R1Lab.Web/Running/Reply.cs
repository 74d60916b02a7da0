using R1Lab.Engine.Generation;
using R1Lab.Engine.Tokenization;

namespace R1Lab.Web.Running;

/// <summary>How an answer stands.</summary>
public enum ReplyState { Waiting, Thinking, Answering, Finished, Cut, Stopped, Failed }

/// <summary>One picture of an answer while it grows.</summary>
/// <param name="Thought">Text between the thinking marks.</param>
/// <param name="Answer">Text after them.</param>
/// <param name="Tokens">New tokens so far.</param>
/// <param name="TokensPerSecond">Since the first token.</param>
/// <param name="ThoughtSeconds">How long the thought took or has taken.</param>
public sealed record ReplyPicture(ReplyState State, string Thought, string Answer, int Tokens, double TokensPerSecond, double ThoughtSeconds)
{
    public static ReplyPicture Empty { get; } = new(ReplyState.Waiting, "", "", 0, 0, 0);

    public string? Failure { get; init; }

    public bool IsGrowing => State is ReplyState.Waiting or ReplyState.Thinking or ReplyState.Answering;
}

/// <summary>Asks one model to go on with a conversation, splits the thought from the answer and shows how it grows.</summary>
public sealed class Reply(ModelHost host, TimeProvider time)
{
    // As often as eyes can follow; more would only fill the connection.
    private static readonly TimeSpan PictureEvery = TimeSpan.FromMilliseconds(70);

    /// <summary>Runs to the end.</summary>
    /// <param name="model">Registered name.</param>
    /// <param name="messages">The conversation so far, ending with the user's turn.</param>
    /// <param name="settings">How to sample.</param>
    /// <param name="onPicture">Called from the engine's thread, at most every 70 ms.</param>
    /// <param name="cancellation">Stops the answer; what was written stays.</param>
    public async Task<FinishedReply> RunAsync(
        string model, IReadOnlyList<ChatMessage> messages, ReplySettings settings, Action<ReplyPicture>? onPicture, CancellationToken cancellation)
    {
        using var session = await host.OpenAsync(model, cancellation);
        var text = session.RequireTemplate("messages").Render(messages, addGenerationPrompt: true);
        var prompt = session.RequireTokenizer("messages").Encode(text, addSpecialTokens: false);
        session.CheckPrompt(prompt, "messages");
        session.CheckLength(prompt.Count, 1, "messages");
        var show = InCallersCulture(onPicture);
        var growing = new GrowingReply(session.ThoughtMarks, ThinkingSplitter.AtEndOf(text), time);
        var request = new GenerationRequest(prompt, settings.ForEngine(session.MaxLength - prompt.Count), session.Adapter);
        var result = await session.GenerateAsync(request, step => growing.Add(step, show, PictureEvery), cancellation);
        var last = growing.End(result);
        onPicture?.Invoke(last);
        return new FinishedReply(last, result, session.Fingerprint, prompt);
    }

    // The engine's thread has no language of its own; what a page draws there must be in the page's.
    private static Action<ReplyPicture>? InCallersCulture(Action<ReplyPicture>? onPicture) =>
        onPicture is not null && ExecutionContext.Capture() is { } context
            ? picture => ExecutionContext.Run(context, _ => onPicture(picture), null)
            : onPicture;
}

/// <summary>An answer and what made it.</summary>
public sealed record FinishedReply(ReplyPicture Picture, GenerationResult Result, string Fingerprint, IReadOnlyList<int> Prompt);
