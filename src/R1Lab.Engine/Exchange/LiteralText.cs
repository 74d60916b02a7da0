using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using R1Lab.Engine.Training;

namespace R1Lab.Engine.Exchange;

/// <summary>Values as YAML or Python text, in the forms that both versions of YAML and Python read as the same value.</summary>
internal static partial class LiteralText
{
    private static readonly HashSet<string> Words = new(["true", "false", "yes", "no", "on", "off", "null", "y", "n"], StringComparer.OrdinalIgnoreCase);

    public static string Yaml(JsonNode? value) => value switch
    {
        null => "null",
        JsonArray list => $"[{string.Join(", ", list.Select(Yaml))}]",
        JsonObject map => $"{{{string.Join(", ", map.Select(pair => $"{Yaml(JsonValue.Create(pair.Key))}: {Yaml(pair.Value)}"))}}}",
        _ when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>() is var text && PlainForm().IsMatch(text) && !Words.Contains(text) ? text : Quoted(text),
        _ => value.GetValueKind() == JsonValueKind.Number ? Number(value) : value.ToJsonString(),
    };

    public static string Python(JsonNode? value) => value switch
    {
        null => "None",
        JsonArray list => $"[{string.Join(", ", list.Select(Python))}]",
        JsonObject map => $"{{{string.Join(", ", map.Select(pair => $"{Quoted(pair.Key)}: {Python(pair.Value)}"))}}}",
        _ => value.GetValueKind() switch
        {
            JsonValueKind.True => "True",
            JsonValueKind.False => "False",
            JsonValueKind.Number => Number(value),
            _ => Quoted(value.GetValue<string>()),
        },
    };

    // YAML 1.1 takes 1e-05 for text: a number needs its point.
    private static string Number(JsonNode value)
    {
        var written = value.ToJsonString();
        var exponent = written.IndexOfAny(['e', 'E']);
        if (exponent < 0) return written;
        var digits = written[..exponent];
        return $"{digits}{(digits.Contains('.', StringComparison.Ordinal) ? "" : ".0")}e{written[(exponent + 1)..]}";
    }

    private static string Quoted(string text)
    {
        var quoted = new StringBuilder("\"");
        foreach (var letter in text)
        {
            quoted.Append(letter switch
            {
                '"' or '\\' => $"\\{letter}",
                '\n' => "\\n",
                '\r' => "\\r",
                '\t' => "\\t",
                < ' ' or '\x7f' or (>= '\x80' and <= '\x9f') or '\u2028' or '\u2029' or '\ufeff' or '\ufffe' or '\uffff' => string.Create(CultureInfo.InvariantCulture, $"\\u{(int)letter:x4}"),
                _ => letter.ToString(),
            });
        }

        return quoted.Append('"').ToString();
    }

    [GeneratedRegex("^[A-Za-z_][A-Za-z0-9_./-]*$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking)]
    private static partial Regex PlainForm();
}
