using System.Text.Json.Nodes;
using R1Lab.Engine.Tokenization;

namespace R1Lab.Engine.Generation;

/// <summary>A conversation: the fields that decide, with the model's template, what the model is given.</summary>
/// <param name="Messages">As the client sent them, in the form of the OpenAI API.</param>
/// <param name="Tools">Function descriptions, or null.</param>
/// <param name="Variables">Further variables of the template.</param>
/// <param name="AddGenerationPrompt">Whether to begin an assistant's turn; null: unless a message is continued.</param>
/// <param name="ContinueFinalMessage">Whether the model continues the last message instead.</param>
public sealed record ChatPrompt(
    JsonArray? Messages, JsonArray? Tools = null, JsonObject? Variables = null, bool? AddGenerationPrompt = null, bool? ContinueFinalMessage = null)
    : AskedPrompt("messages")
{
    // The text that transformers uses; some templates know it.
    private const string ContinuationTag = "CONTINUE_FINAL_MESSAGE_TAG ";

    /// <summary>The messages as plain turns; null where a client sent more than those.</summary>
    public IReadOnlyList<ChatMessage>? Turns { get; private init; }

    /// <summary>A chat template in place of the model's own.</summary>
    public string? TemplateText { get; init; }

    /// <summary>Whether the tokenizer adds its own tokens; the template writes them as a rule.</summary>
    public bool AddSpecialTokens { get; init; }

    private bool Continues => ContinueFinalMessage == true;

    /// <summary>A conversation that ends with the turn to be answered.</summary>
    public static ChatPrompt Of(params IReadOnlyList<ChatMessage> messages) =>
        new(new JsonArray([.. messages.Select(message => message.ToJson())])) { Turns = messages };

    /// <exception cref="AskRefusedException">The messages are missing, malformed, or refused by the template.</exception>
    public RenderedPrompt Render(ChatTemplate template)
    {
        if (Messages is null || Messages.Count == 0) throw new AskRefusedException("messages", "ask_messages_missing", $"messages is missing or empty.");
        if (Continues && AddGenerationPrompt == true)
            throw new AskRefusedException("continue_final_message", "ask_continue_and_begin", $"continue_final_message and add_generation_prompt cannot both be true.");
        var messages = ClientMessages.ForTemplate(template, Messages, Tools);
        if (Continues) return Continued(template, messages, isEmpty: Messages[^1]!["content"] is null);
        var text = Render(template, messages, AddGenerationPrompt ?? true);
        return new RenderedPrompt(text, ThinkingSplitter.AtEndOf(text));
    }

    public override PreparedPrompt Encode(ModelVocabulary model)
    {
        var tokenizer = model.RequireTokenizer(Field);
        var rendered = Render(TemplateText is { } text ? Parse(text, tokenizer) : model.RequireTemplate(Field));
        return new PreparedPrompt(tokenizer.Encode(rendered.Text, AddSpecialTokens), rendered.ReplyStart);
    }

    private static ChatTemplate Parse(string template, Tokenizer tokenizer)
    {
        try
        {
            return ChatTemplate.Parse(template, tokenizer.SpecialTokens);
        }
        catch (ChatTemplateException e)
        {
            throw new AskRefusedException("chat_template", "ask_template_broken", $"chat_template cannot be used: {e.Message}");
        }
    }

    private string Render(ChatTemplate template, JsonArray messages, bool addGenerationPrompt)
    {
        try
        {
            return template.Render(messages, addGenerationPrompt, Tools, Variables);
        }
        catch (ChatTemplateException e)
        {
            throw new AskRefusedException("messages", "ask_template_refused", $"The model's chat template refused the messages: {e.Message}");
        }
    }

    /// <summary>As transformers: the last message is marked, and the prompt ends where the mark comes out.</summary>
    private RenderedPrompt Continued(ChatTemplate template, JsonArray messages, bool isEmpty)
    {
        if (isEmpty) throw new AskRefusedException("continue_final_message", "ask_continue_empty", $"The last message has no content to continue.");
        var last = messages[^1]!.AsObject();
        var content = (string?)last["content"] ?? "";
        last["content"] = content + ContinuationTag;
        var text = Render(template, messages, addGenerationPrompt: false);
        var end = text.LastIndexOf(ContinuationTag.TrimEnd(), StringComparison.Ordinal);
        if (end < 0 || !text[..end].Contains(content.Trim(), StringComparison.Ordinal))
            throw new AskRefusedException("continue_final_message", "ask_continue_changed", $"The chat template leaves the last message out or changes it.");
        var keepsSpace = text.AsSpan(end).StartsWith(ContinuationTag, StringComparison.Ordinal);
        var prompt = keepsSpace ? text[..end] : text[..end].TrimEnd();
        return new RenderedPrompt(prompt, StateAfter(prompt, content.Trim()));
    }

    // What the message says so far decides whether the model continues with a thought or with an answer.
    private static ThoughtState StateAfter(string prompt, string content)
    {
        if (content.Length == 0) return ThinkingSplitter.AtEndOf(prompt);
        var begin = prompt.LastIndexOf(content, StringComparison.Ordinal);
        var splitter = new ThinkingSplitter(ThoughtMarks.InText, ThinkingSplitter.AtEndOf(prompt[..begin]));
        splitter.Push(prompt[begin..], []);
        return splitter.State;
    }
}

/// <summary>What a model is given.</summary>
/// <param name="Text">Special tokens are written in it.</param>
/// <param name="ReplyStart">Whether the model continues with a thought or an answer.</param>
public sealed record RenderedPrompt(string Text, ThoughtState ReplyStart);
