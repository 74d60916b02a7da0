using R1Lab.Engine.Generation;
using R1Lab.Engine.Tokenization;

namespace R1Lab.Web.Serving;

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

    /// <summary>What the endpoint that answered said of itself; null for models of this lab, whose fingerprint can be verified.</summary>
    public string? Reported { get; init; }

    public bool IsGrowing => State is ReplyState.Waiting or ReplyState.Thinking or ReplyState.Answering;
}

/// <summary>One answer in a conversation, shown while it grows.</summary>
public sealed class Reply(ChatService chat, TimeProvider time)
{
    // As often as eyes can follow; more would only fill the connection.
    private static readonly TimeSpan PictureEvery = TimeSpan.FromMilliseconds(70);

    /// <summary>Runs to the end.</summary>
    /// <param name="model">Registered name.</param>
    /// <param name="messages">The conversation so far, ending with the user's turn.</param>
    /// <param name="settings">How to sample.</param>
    /// <param name="onPicture">Called at most every 70 ms, in the caller's language.</param>
    /// <param name="cancellation">Stops the answer; what was written stays.</param>
    /// <exception cref="AskRefusedException">The model cannot be asked this.</exception>
    /// <exception cref="ModelUnavailableException">There is no such model, or it does not load.</exception>
    /// <exception cref="ModelBusyException">Too many requests wait already.</exception>
    public async Task<FinishedReply> RunAsync(
        string model, IReadOnlyList<ChatMessage> messages, ReplySettings settings, Action<ReplyPicture>? onPicture, CancellationToken cancellation)
    {
        var ask = new ChatAsk(model, ChatPrompt.Of(messages)) { Settings = _ => settings.ForEngine(), Length = AnswerLength.UpTo(settings.MaxNewTokens) };
        using var answers = await chat.AskAsync(ask, cancellation);
        var growing = new GrowingReply(time);
        await using var updates = answers.UpdatesAsync(cancellation).GetAsyncEnumerator(cancellation);
        while (await NextAsync())
        {
            var update = updates.Current;
            if (update.End is { } end) return Finished(growing.End(end) with { Reported = end.End.Reported }, end, answers.Facts);
            growing.Add(update, onPicture, PictureEvery);
        }

        throw new InvalidOperationException("An engine ended an answer without saying how.");

        // What came too soon after a picture is shown when nothing follows it.
        async Task<bool> NextAsync()
        {
            var next = updates.MoveNextAsync().AsTask();
            if (growing.HasUnshown && await Task.WhenAny(next, Task.Delay(PictureEvery, time, CancellationToken.None)) != next) growing.Show(onPicture);
            return await next;
        }

        FinishedReply Finished(ReplyPicture last, FinishedAnswer end, EngineFacts facts)
        {
            onPicture?.Invoke(last);
            return new FinishedReply(last, end.End, facts);
        }
    }
}

/// <summary>An answer and what made it.</summary>
public sealed record FinishedReply(ReplyPicture Picture, EngineEnd End, EngineFacts Facts);
