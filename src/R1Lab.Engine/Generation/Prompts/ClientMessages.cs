using System.Text.Json;
using System.Text.Json.Nodes;
using R1Lab.Engine.Tokenization;

namespace R1Lab.Engine.Generation;

/// <summary>
/// The messages of a client in the form that chat templates are written for: they get all a client said, and decide themselves what of it
/// the model sees. Only what the OpenAI API and templates spell differently is changed: lists of text parts, absent content, the role
/// <c>developer</c>, the arguments of tool calls, the two names of a thought.
/// </summary>
internal static class ClientMessages
{
    private static readonly string[] Roles = ["system", "user", "assistant", "tool", "developer"];

    /// <exception cref="AskRefusedException">A message is malformed, or of a role that the template would leave out.</exception>
    public static JsonArray ForTemplate(ChatTemplate template, JsonArray messages, JsonArray? tools)
    {
        List<JsonObject> plain = [.. messages.Select(Plain)];
        foreach (var (index, message) in plain.Index()) message["role"] = RoleFor(template, (string)message["role"]!, index);
        if (plain.Count(IsSystem) > 1 && !template.KeepsEverySystemTurn) JoinSystemTurns(plain);
        if (plain.Exists(HasCalls))
        {
            var form = ToolCallForm.Of(template, tools);
            foreach (var message in plain.Where(HasCalls)) form.Apply(message);
        }

        return new JsonArray([.. plain]);
    }

    private static bool IsSystem(JsonObject message) => (string)message["role"]! == "system";

    // R1's template keeps the last system message alone.
    private static void JoinSystemTurns(List<JsonObject> messages)
    {
        var system = messages.FindAll(IsSystem);
        system[0]["content"] = string.Join("\n\n", system.Select(message => (string)message["content"]!));
        messages.RemoveAll(message => IsSystem(message) && message != system[0]);
    }

    private static bool HasCalls(JsonObject message) => message.ContainsKey("tool_calls");

    private static JsonObject Plain(JsonNode? message, int index)
    {
        var field = $"messages[{index}]";
        if (message is not JsonObject given || given["role"] is not JsonValue role || role.GetValueKind() != JsonValueKind.String)
            throw new AskRefusedException($"{field}.role", "ask_message_form", $"{field} must be an object with a role.");
        var copy = (JsonObject)given.DeepClone();
        copy["content"] = Content(given["content"], $"{field}.content");
        if (Thought(given, field) is { } thought) (copy["reasoning_content"], copy["reasoning"]) = (thought, thought);
        if (given["function_call"] is not null)
            throw new AskRefusedException($"{field}.function_call", "ask_function_call", $"function_call is not supported: use tool_calls.");
        CheckCalls(copy, field);
        return copy;
    }

    private static string RoleFor(ChatTemplate template, string role, int index)
    {
        var known = role == "developer" && !template.NamesRole(role) ? "system" : role;
        if (known is "user" or "assistant") return known;
        if ((Roles.Contains(known) || template.NamesRole(known)) && template.WritesRole(known)) return known;
        throw new AskRefusedException($"messages[{index}].role", "ask_role_unknown", $"The model's chat template has no role '{role}'.");
    }

    // Text parts are joined as vLLM joins them; no content is empty text.
    private static string Content(JsonNode? content, string field) => content switch
    {
        null => "",
        JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>(),
        JsonArray parts => string.Join('\n', parts.Select((part, i) => PartText(part, $"{field}[{i}]"))),
        _ => throw new AskRefusedException(field, "ask_content_form", $"{field} must be text or a list of text parts."),
    };

    private static string PartText(JsonNode? part, string field) => part switch
    {
        JsonValue text when text.GetValueKind() == JsonValueKind.String => text.GetValue<string>(),
        JsonObject typed when TextField(typed) is { } name && typed[name]?.GetValueKind() == JsonValueKind.String => (string)typed[name]!,
        _ => throw new AskRefusedException(field, "ask_part_form", $"Only text parts are supported."),
    };

    private static string? TextField(JsonObject part) => part["type"]?.ToString() switch
    {
        "text" or "input_text" or "output_text" => "text",
        "refusal" => "refusal",
        _ => null,
    };

    private static string? Thought(JsonObject message, string field)
    {
        var name = message["reasoning_content"] is null ? "reasoning" : "reasoning_content";
        if (message[name] is not { } thought) return null;
        if (thought.GetValueKind() == JsonValueKind.String) return thought.GetValue<string>();
        throw new AskRefusedException($"{field}.{name}", "ask_thought_form", $"{field}.{name} must be text.");
    }

    // An absent list and one without calls mean the same; templates take the second for a call.
    private static void CheckCalls(JsonObject message, string field)
    {
        if (message["tool_calls"] is null or JsonArray { Count: 0 })
        {
            message.Remove("tool_calls");
            return;
        }

        field += ".tool_calls";
        if (message["tool_calls"] is not JsonArray calls) throw new AskRefusedException(field, "ask_calls_form", $"{field} must be a list.");
        foreach (var (index, call) in calls.Index())
        {
            if (call is not JsonObject given || given["function"] is not JsonObject function || function["name"]?.GetValueKind() is not JsonValueKind.String)
                throw new AskRefusedException($"{field}[{index}].function", "ask_call_form", $"{field}[{index}] must be an object with a named function.");
            given["type"] ??= "function";
        }
    }
}
