using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;
using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Generation;
using Turn = R1Lab.Engine.Tokenization.ChatMessage;

namespace R1Lab.Web.Serving;

/// <summary>
/// The lab's models for code written against <see cref="IChatClient"/>: <see cref="ChatOptions.ModelId"/> names the model, thoughts are
/// <see cref="TextReasoningContent"/>. What it cannot honour (tools, images, JSON schemas) is refused, never dropped.
/// </summary>
public sealed class LabChatClient(ChatService chat) : IChatClient
{
    /// <summary>Key in <see cref="ChatResponse.AdditionalProperties"/>: the hash of weights, adapter, tokenizer and template behind the answer.</summary>
    public const string Fingerprint = "fingerprint";

    public async Task<ChatResponse> GetResponseAsync(IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default)
    {
        using var answers = await chat.AskAsync(AskOf(messages, options ?? new ChatOptions()), cancellationToken);
        var answer = (await answers.FinishAsync(cancellationToken))[0];
        return new ChatResponse(new ChatMessage(ChatRole.Assistant, Contents(answer.Thought, answer.Answer)))
        {
            ResponseId = NewId(),
            ModelId = answers.Facts.Name,
            FinishReason = Finish(answer.End.Finish),
            Usage = Usage(answer.End),
            AdditionalProperties = Properties(answers.Facts),
        };
    }

    public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
        IEnumerable<ChatMessage> messages, ChatOptions? options = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var answers = await chat.AskAsync(AskOf(messages, options ?? new ChatOptions()), cancellationToken);
        var id = NewId();
        await foreach (var update in answers.UpdatesAsync(cancellationToken))
        {
            var contents = Contents(update.Thought, update.Answer);
            if (update.End is { } end) contents.Add(new UsageContent(Usage(end.End)));
            if (contents.Count == 0) continue;
            yield return new ChatResponseUpdate(ChatRole.Assistant, contents)
            {
                ResponseId = id,
                MessageId = id,
                ModelId = answers.Facts.Name,
                FinishReason = Finish(update.End?.End.Finish),
                AdditionalProperties = Properties(answers.Facts),
            };
        }
    }

    public object? GetService(Type serviceType, object? serviceKey = null) => serviceKey is null && serviceType.IsInstanceOfType(this) ? this : null;

    public void Dispose() { } // the models belong to the lab

    private static string NewId() => Guid.NewGuid().ToString("N");

    private static List<AIContent> Contents(string thought, string answer)
    {
        var contents = new List<AIContent>();
        if (thought.Length > 0) contents.Add(new TextReasoningContent(thought));
        if (answer.Length > 0) contents.Add(new TextContent(answer));
        return contents;
    }

    private static UsageDetails Usage(EngineEnd end) =>
        new() { InputTokenCount = end.PromptTokens, OutputTokenCount = end.Tokens, TotalTokenCount = end.PromptTokens + end.Tokens };

    private static AdditionalPropertiesDictionary? Properties(EngineFacts facts) => facts.Fingerprint is { } hash ? new() { [Fingerprint] = hash } : null;

    private static ChatFinishReason? Finish(FinishReason? finish) => finish switch
    {
        FinishReason.Stop => ChatFinishReason.Stop,
        FinishReason.Length => ChatFinishReason.Length,
        FinishReason.Cancelled => new ChatFinishReason("cancelled"),
        _ => null,
    };

    private static ChatAsk AskOf(IEnumerable<ChatMessage> messages, ChatOptions options)
    {
        if (options.Tools is { Count: > 0 }) throw new AskRefusedException("tools", "ask_no_tools", $"Tools cannot be used here.");
        if (options.ResponseFormat is not (null or ChatResponseFormatText)) throw new AskRefusedException("response_format", "ask_no_json", $"Only plain text can be asked for.");
        IEnumerable<Turn> turns = messages.Select(TurnOf);
        if (!string.IsNullOrEmpty(options.Instructions)) turns = turns.Prepend(new Turn("system", options.Instructions));
        return new ChatAsk(options.ModelId, ChatPrompt.Of([.. turns]))
        {
            Settings = defaults => Settings(options, defaults),
            Length = AnswerLength.Of(options.MaxOutputTokens, "max_output_tokens"),
        };
    }

    private static Turn TurnOf(ChatMessage message)
    {
        if (message.Contents.FirstOrDefault(content => content is not (TextContent or TextReasoningContent)) is not null)
            throw new AskRefusedException("messages", "ask_part_form", $"Only text parts are supported.");
        var thought = string.Concat(message.Contents.OfType<TextReasoningContent>().Select(content => content.Text));
        return new Turn(message.Role.Value, message.Text) { Reasoning = thought.Length == 0 ? null : thought };
    }

    private static GenerationSettings Settings(ChatOptions options, GenerationDefaults defaults)
    {
        var advised = ReplySettings.From(defaults).ForEngine();
        return advised with
        {
            Temperature = options.Temperature ?? advised.Temperature,
            TopP = options.TopP ?? advised.TopP,
            TopK = options.TopK ?? advised.TopK,
            PresencePenalty = options.PresencePenalty ?? 0,
            FrequencyPenalty = options.FrequencyPenalty ?? 0,
            Seed = options.Seed,
            Stop = [.. options.StopSequences ?? []],
        };
    }
}
