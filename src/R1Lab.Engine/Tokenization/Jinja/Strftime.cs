using System.Globalization;
using System.Text;

namespace R1Lab.Engine.Tokenization.Jinja;

/// <summary>Python's <c>strftime</c> in the C locale.</summary>
internal static class Strftime
{
    public static string Format(DateTimeOffset time, string format, RenderLimits limits)
    {
        limits.Make(format.Length * 12L);
        var result = new StringBuilder();
        for (var at = 0; at < format.Length; at++)
        {
            if (format[at] != '%' || at + 1 == format.Length)
            {
                result.Append(format[at]);
                continue;
            }

            // A minus sign asks for no leading zero.
            var bare = format[at + 1] == '-' && at + 2 < format.Length;
            var letter = format[at += bare ? 2 : 1];
            var text = Field(time, letter);
            result.Append(bare && text.Length > 1 ? text.TrimStart('0').PadLeft(1, '0') : text);
        }

        return result.ToString();
    }

    private static string Field(DateTimeOffset time, char letter) => letter switch
    {
        'd' => time.Of("dd"),
        'e' => time.Day.ToString(CultureInfo.InvariantCulture).PadLeft(2),
        'm' => time.Of("MM"),
        'b' or 'h' => time.Of("MMM"),
        'B' => time.Of("MMMM"),
        'y' => time.Of("yy"),
        'Y' => time.Of("yyyy"),
        'a' => time.Of("ddd"),
        'A' => time.Of("dddd"),
        'H' => time.Of("HH"),
        'I' => time.Of("hh"),
        'M' => time.Of("mm"),
        'S' => time.Of("ss"),
        'f' => time.Of("ffffff"),
        'p' => time.Of("tt"),
        'j' => time.DayOfYear.ToString("000", CultureInfo.InvariantCulture),
        'u' => (time.DayOfWeek == DayOfWeek.Sunday ? 7 : (int)time.DayOfWeek).ToString(CultureInfo.InvariantCulture),
        'w' => ((int)time.DayOfWeek).ToString(CultureInfo.InvariantCulture),
        'D' or 'x' => time.Of("MM'/'dd'/'yy"),
        'F' => time.Of("yyyy'-'MM'-'dd"),
        'T' or 'X' => time.Of("HH':'mm':'ss"),
        'R' => time.Of("HH':'mm"),
        'c' => time.Of("ddd MMM ") + time.Day.ToString(CultureInfo.InvariantCulture).PadLeft(2) + time.Of(" HH':'mm':'ss yyyy"),
        's' => time.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
        'n' => "\n",
        't' => "\t",
        '%' => "%",

        // The time is local and carries no zone, as datetime.now().
        'z' or 'Z' => "",
        _ => "%" + letter,
    };

    private static string Of(this DateTimeOffset time, string format) => time.ToString(format.Length == 1 ? "%" + format : format, CultureInfo.InvariantCulture);
}
