using System.Text.Json.Nodes;
using R1Lab.Engine.Tokenization;

namespace R1Lab.Web.Api.OpenAi;

/// <summary>The fields of a request that decide, with the model's template, what the model is given.</summary>
/// <param name="Messages">As the client sent them.</param>
/// <param name="Tools">Function descriptions, or null.</param>
/// <param name="Variables">Further variables of the template.</param>
/// <param name="AddGenerationPrompt">Whether to begin an assistant's turn; null: unless a message is continued.</param>
/// <param name="ContinueFinalMessage">Whether the model continues the last message instead.</param>
public sealed record ChatPrompt(
    JsonArray? Messages, JsonArray? Tools, JsonObject? Variables, bool? AddGenerationPrompt, bool? ContinueFinalMessage)
{
    // The text that transformers uses; some templates know it.
    private const string ContinuationTag = "CONTINUE_FINAL_MESSAGE_TAG ";

    private bool Continues => ContinueFinalMessage == true;

    /// <exception cref="ApiFieldException">The messages are missing, malformed, or refused by the template.</exception>
    public RenderedPrompt Render(ChatTemplate template)
    {
        if (Messages is null || Messages.Count == 0) throw new ApiFieldException("messages", "messages is missing or empty.");
        if (Continues && AddGenerationPrompt == true)
            throw new ApiFieldException("continue_final_message", "continue_final_message and add_generation_prompt cannot both be true.");
        var messages = ClientMessages.ForTemplate(template, Messages, Tools);
        if (Continues) return Continued(template, messages, isEmpty: Messages[^1]!["content"] is null);
        var text = Render(template, messages, AddGenerationPrompt ?? true);
        return new RenderedPrompt(text, ThinkingSplitter.AtEndOf(text));
    }

    private string Render(ChatTemplate template, JsonArray messages, bool addGenerationPrompt)
    {
        try
        {
            return template.Render(messages, addGenerationPrompt, Tools, Variables);
        }
        catch (ChatTemplateException e)
        {
            throw new ApiFieldException("messages", $"The model's chat template refused the messages: {e.Message}");
        }
    }

    /// <summary>As transformers: the last message is marked, and the prompt ends where the mark comes out.</summary>
    private RenderedPrompt Continued(ChatTemplate template, JsonArray messages, bool isEmpty)
    {
        if (isEmpty) throw new ApiFieldException("continue_final_message", "The last message has no content to continue.");
        var last = messages[^1]!.AsObject();
        var content = (string?)last["content"] ?? "";
        last["content"] = content + ContinuationTag;
        var text = Render(template, messages, addGenerationPrompt: false);
        var end = text.LastIndexOf(ContinuationTag.TrimEnd(), StringComparison.Ordinal);
        if (end < 0 || !text[..end].Contains(content.Trim(), StringComparison.Ordinal))
            throw new ApiFieldException("continue_final_message", "The chat template leaves the last message out or changes it.");
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
