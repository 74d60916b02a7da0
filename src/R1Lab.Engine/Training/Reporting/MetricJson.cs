using System.Globalization;
using System.Text.Json;

namespace R1Lab.Engine.Training.Reporting;

/// <summary>Metrics as flat JSON fields: whole numbers without an exponent, others with every digit that they need.</summary>
public static class MetricJson
{
    // Beyond this a double does not hold every whole number.
    private const double MostWhole = 1L << 53;

    /// <summary>Writes <c>"key": value</c>; null where <paramref name="value"/> is missing.</summary>
    /// <param name="whole">Whether the metric is a whole number.</param>
    /// <param name="named">Whether infinity and NaN are written by their names; JSON has no others, so that they are null else.</param>
    public static void Write(Utf8JsonWriter writer, string key, double? value, bool whole, bool named)
    {
        writer.WritePropertyName(key);
        if (value is not { } number) writer.WriteNullValue();
        else if (double.IsFinite(number)) WriteNumber(writer, number, whole);
        else if (named) writer.WriteStringValue(number.ToString(CultureInfo.InvariantCulture));
        else writer.WriteNullValue();
    }

    /// <summary>Reads a number, or the name of one that is none, from where the reader stands.</summary>
    /// <returns>Null for null.</returns>
    /// <exception cref="JsonException">Something else stands there.</exception>
    public static double? Read(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.Null => null,
        JsonTokenType.Number => reader.GetDouble(),
        JsonTokenType.String when reader.GetString() is "NaN" or "Infinity" or "-Infinity" =>
            double.Parse(reader.GetString()!, CultureInfo.InvariantCulture),
        _ => throw new JsonException("must be a number"),
    };

    private static void WriteNumber(Utf8JsonWriter writer, double number, bool whole)
    {
        if (whole && Math.Abs(number) <= MostWhole && Math.Truncate(number) == number) writer.WriteNumberValue((long)number);
        else writer.WriteNumberValue(number);
    }
}
