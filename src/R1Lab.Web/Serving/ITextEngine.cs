using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Generation;
using R1Lab.Engine.Tokenization;

namespace R1Lab.Web.Serving;

/// <summary>
/// One model that can be asked: loaded here, or behind an HTTP endpoint. While it is open it stays available; disposing it gives back what
/// was reserved.
/// </summary>
public interface ITextEngine : IDisposable
{
    EngineFacts Facts { get; }

    /// <summary>Reserves queue positions for requests that follow, so that either all of them are answered or none.</summary>
    /// <param name="requests">How many one client sends at once.</param>
    /// <param name="field">The field that asked for so many.</param>
    /// <exception cref="AskRefusedException">More than may ever wait: no later time is better.</exception>
    /// <exception cref="ModelBusyException">Too many requests wait already.</exception>
    void Reserve(int requests, string field);

    /// <summary>Answers one request: a step for each piece of output, the last one with <see cref="EngineStep.End"/>.</summary>
    /// <remarks>Cancelling ends the answer: an engine that has produced output ends it with <see cref="FinishReason.Cancelled"/> or throws.</remarks>
    IAsyncEnumerable<EngineStep> GenerateAsync(EngineRequest request, CancellationToken cancellationToken);
}

/// <summary>What is known of an engine before it is asked.</summary>
/// <param name="Name">The name it was asked for by.</param>
/// <param name="Fingerprint">Hash of weights, adapter, tokenizer and template; null where it cannot be verified.</param>
/// <param name="Marks">How its text marks thoughts.</param>
/// <param name="Defaults">The sampling settings that it advises.</param>
public sealed record EngineFacts(string Name, string? Fingerprint, ThoughtMarks Marks, GenerationDefaults Defaults)
{
    /// <summary>The tokens, template and length of a model that is loaded here and takes token ids; null for engines that take messages only.</summary>
    public ModelVocabulary? Vocabulary { get; init; }
}

/// <summary>One answer to be generated.</summary>
/// <param name="Messages">The conversation, ending with the turn that is to be answered; empty for a bare prompt.</param>
/// <param name="Prompt">The same as token ids, for engines with a <see cref="EngineFacts.Vocabulary"/>; empty for others.</param>
/// <param name="Settings">Settings without errors.</param>
public sealed record EngineRequest(IReadOnlyList<ChatMessage> Messages, IReadOnlyList<int> Prompt, GenerationSettings Settings);

/// <summary>One piece of output.</summary>
/// <param name="Text">Text that became certain; may be empty.</param>
public sealed record EngineStep(string Text)
{
    /// <summary>Where thoughts open and close in <see cref="Text"/>, as far as token ids say so.</summary>
    public IReadOnlyList<ThoughtMark> Marks { get; init; } = [];

    /// <summary>Text of the thought, where the engine itself separates it from the answer.</summary>
    public string Thought { get; init; } = "";

    /// <summary>The token behind it; null for engines that send text only.</summary>
    public GenerationStep? Token { get; init; }

    /// <summary>With the last step.</summary>
    public EngineEnd? End { get; init; }
}

/// <summary>How an answer ended.</summary>
/// <param name="Finish">Why.</param>
/// <param name="PromptTokens">As the engine counts them; null where it does not say.</param>
/// <param name="Tokens">Generated tokens, likewise.</param>
/// <param name="Elapsed">From the request to the end.</param>
public sealed record EngineEnd(FinishReason Finish, int? PromptTokens, int? Tokens, TimeSpan Elapsed)
{
    /// <summary>Everything a local engine knows of its answer.</summary>
    public GenerationResult? Result { get; init; }

    /// <summary>What a remote endpoint said of itself: its model's name and its version or fingerprint.</summary>
    public string? Reported { get; init; }
}
