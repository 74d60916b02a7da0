using System.Globalization;
using System.Text.Json.Nodes;

namespace R1Lab.Engine.Exchange;

/// <summary>A number as Python writes it.</summary>
internal static class PythonLiteral
{
    /// <returns>Null for what is no finite decimal number.</returns>
    public static JsonValue? Of(string written, bool negative)
    {
        written = written.Replace("_", "", StringComparison.Ordinal);
        if (long.TryParse(written, NumberStyles.None, CultureInfo.InvariantCulture, out var whole)) return JsonValue.Create(negative ? -whole : whole);
        return double.TryParse(written, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? JsonValue.Create(negative ? -number : number) : null;
    }
}
