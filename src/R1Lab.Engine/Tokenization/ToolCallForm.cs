using System.Text.Json;
using System.Text.Json.Nodes;
using R1Lab.Engine.Tokenization.Jinja;

namespace R1Lab.Engine.Tokenization;

/// <summary>
/// The form in which a chat template takes the tool calls of an earlier answer. Most templates write <c>arguments</c> as JSON themselves
/// and want an object, where the OpenAI API has a string; R1's join them to other text and want the string. R1's first templates write
/// calls only beside a content of null, later ones fail on null. The form is found by asking the template.
/// </summary>
/// <param name="TextArguments">Arguments are handed over as text, not as an object.</param>
/// <param name="NullContent">A content that says nothing is handed over as null, not as empty text.</param>
public sealed record ToolCallForm(bool TextArguments, bool NullContent)
{
    private const string ProbeName = "f7f3c9a51";

    private static readonly JinjaTemplate AsJson = JinjaTemplate.Parse("{{ value | tojson }}");

    /// <summary>
    /// The first form in which the template writes a call; objects and empty text, as vLLM hands them over, where it writes none.
    /// </summary>
    /// <param name="template">The model's.</param>
    /// <param name="tools">Function descriptions of the conversation, or null: they may choose another template.</param>
    public static ToolCallForm Of(ChatTemplate template, JsonArray? tools)
    {
        ToolCallForm[] forms = [new(false, false), new(false, true), new(true, false), new(true, true)];
        return Array.Find(forms, form => template.Writes(form.Example(), ProbeName, tools) == true) ?? forms[0];
    }

    /// <summary>Brings a message with tool calls into this form.</summary>
    /// <param name="message">Its <c>tool_calls</c> are objects with a <c>function</c>; changed in place.</param>
    public void Apply(JsonObject message)
    {
        if (NullContent && (string?)message["content"] is { Length: 0 }) message["content"] = null;
        foreach (var call in message["tool_calls"]!.AsArray())
        {
            var function = call!["function"]!.AsObject();
            function["arguments"] = TextArguments ? Text(function["arguments"]) : Object(function["arguments"]);
        }
    }

    /// <summary>
    /// A made-up conversation that ends with a tool call, in this form. Some templates insist on identifiers of nine letters and digits.
    /// </summary>
    internal JsonArray Example()
    {
        var function = new JsonObject { ["name"] = ProbeName, ["arguments"] = new JsonObject { ["a"] = 1 } };
        var answer = new JsonObject
        {
            ["role"] = "assistant",
            ["content"] = "",
            ["tool_calls"] = new JsonArray(new JsonObject { ["id"] = "call00001", ["type"] = "function", ["function"] = function }),
        };
        Apply(answer);
        return [new JsonObject { ["role"] = "user", ["content"] = "?" }, answer];
    }

    private static JsonNode Text(JsonNode? arguments) => arguments switch
    {
        JsonValue value when value.GetValueKind() == JsonValueKind.String && value.GetValue<string>() is { Length: > 0 } text => text,
        JsonObject or JsonArray => AsJson.Render(() => [new("value", JinjaInput.From(arguments))], TimeProvider.System),
        _ => "{}",
    };

    // As vLLM: what is no object cannot be written by such a template, and one broken call must not end a conversation for good.
    private static JsonObject Object(JsonNode? arguments) => arguments switch
    {
        JsonObject given => given.DeepClone().AsObject(),
        JsonValue value when value.GetValueKind() == JsonValueKind.String => Parse(value.GetValue<string>()) ?? [],
        _ => [],
    };

    private static JsonObject? Parse(string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.ValueKind == JsonValueKind.Object ? Copy(document.RootElement)!.AsObject() : null;
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Of a key given twice the last value counts, as in Python.</summary>
    private static JsonNode? Copy(JsonElement element)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                var copy = new JsonObject();
                foreach (var member in element.EnumerateObject()) copy[member.Name] = Copy(member.Value);
                return copy;
            case JsonValueKind.Array:
                return new JsonArray([.. element.EnumerateArray().Select(Copy)]);
            case JsonValueKind.String:
                return element.GetString();
            default:
                return JsonValue.Create(element.Clone());
        }
    }
}
