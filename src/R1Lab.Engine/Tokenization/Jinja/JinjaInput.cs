using System.Text.Json;
using System.Text.Json.Nodes;

namespace R1Lab.Engine.Tokenization.Jinja;

/// <summary>JSON to the values of a template: objects keep their order, 1 is a whole number and 1.0 a float.</summary>
internal static class JinjaInput
{
    public static object? From(JsonNode? node)
    {
        switch (node)
        {
            case null:
                return null;
            case JsonArray array:
                return new JinjaList(array.Select(From));
            case JsonObject members:
                var dict = new JinjaDict();
                foreach (var (name, member) in members) dict[name] = From(member);
                return dict;
            default:
                return Scalar(node.AsValue());
        }
    }

    private static object? Scalar(JsonValue value) => value.GetValueKind() switch
    {
        JsonValueKind.String => value.GetValue<string>(),
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        JsonValueKind.Number => value.GetValue<object>() is float or double or decimal ? value.GetValue<object>() is double number ? number : Convert.ToDouble(value.GetValue<object>()) : PythonNumber.Parse(value.ToJsonString()),
        _ => null,
    };
}
