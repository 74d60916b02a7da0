using System.Text.Json;
using System.Text.Json.Nodes;

namespace R1Lab.Engine.Exchange;

/// <summary>Python's arithmetic on numbers: whole numbers stay whole but in <c>/</c>.</summary>
internal static class PythonArithmetic
{
    /// <summary>How strongly a sign before a number binds.</summary>
    public const int Sign = 3;

    /// <summary>How strongly an operator binds; null where the mark is none.</summary>
    public static int? BindingOf(PythonToken token) => token.Kind != PythonTokenKind.Mark ? null : token.Value switch
    {
        "+" or "-" => 1,
        "*" or "/" or "//" or "%" => 2,
        "**" => 4,
        _ => null,
    };

    /// <returns>Null where an operand is no number, or the result is not finite or not exact.</returns>
    public static JsonNode? Of(string mark, JsonNode? left, JsonNode? right)
    {
        if (left?.GetValueKind() != JsonValueKind.Number || right?.GetValueKind() != JsonValueKind.Number) return null;
        var (a, b) = (Setting.NumberOf(left)!.Value, Setting.NumberOf(right)!.Value);
        var result = mark switch
        {
            "+" => a + b,
            "-" => a - b,
            "*" => a * b,
            "/" => a / b,
            "//" => Math.Floor(a / b),
            "%" => a - b * Math.Floor(a / b),
            _ => Math.Pow(a, b),
        };
        if (!double.IsFinite(result)) return null;
        if (mark == "/" || !IsWhole(left) || !IsWhole(right) || mark == "**" && b < 0) return JsonValue.Create(result);
        return Math.Abs(result) <= 1L << 53 ? JsonValue.Create((long)result) : null;
    }

    private static bool IsWhole(JsonNode value) => value.AsValue().TryGetValue<long>(out _);
}
