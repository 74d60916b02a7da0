using System.Text.Json.Nodes;
using R1Lab.Engine.Tokenization;

namespace R1Lab.Web.Api.OpenAi;

/// <summary>Turns the <c>messages</c> of a request into the text a model is given.</summary>
public static class ChatPrompt
{
    /// <exception cref="ApiFieldException">The messages are missing, malformed, or refused by the template.</exception>
    public static string Render(ChatTemplate template, JsonArray? messages, bool addGenerationPrompt, JsonArray? tools, JsonObject? variables)
    {
        if (messages is null || messages.Count == 0) throw new ApiFieldException("messages", "messages is missing or empty.");
        var plain = new JsonArray([.. messages.Select(Plain)]);
        try
        {
            return template.Render(plain, addGenerationPrompt, tools, variables);
        }
        catch (ChatTemplateException e)
        {
            throw new ApiFieldException("messages", $"The model's chat template refused the messages: {e.Message}");
        }
    }

    // Clients send a thought back that templates do not want, and text as a list of parts; templates know neither.
    private static JsonNode Plain(JsonNode? message, int index)
    {
        if (message is not JsonObject given || given["role"]?.GetValueKind() != System.Text.Json.JsonValueKind.String)
            throw new ApiFieldException($"messages[{index}].role", $"messages[{index}] must be an object with a role.");
        var copy = (JsonObject)given.DeepClone();
        copy.Remove("reasoning_content");
        copy.Remove("reasoning");
        if (copy["content"] is JsonArray parts) copy["content"] = string.Concat(parts.Select((p, i) => PartText(p, $"messages[{index}].content[{i}]")));
        return copy;
    }

    private static string PartText(JsonNode? part, string field) => part switch
    {
        JsonValue text when text.TryGetValue<string>(out var plain) => plain,
        JsonObject typed when typed["type"]?.ToString() is "text" && typed["text"] is JsonValue text && text.TryGetValue<string>(out var inner) => inner,
        _ => throw new ApiFieldException(field, "Only text parts are supported."),
    };
}
