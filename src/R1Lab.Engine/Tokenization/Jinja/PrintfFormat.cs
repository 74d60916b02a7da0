using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace R1Lab.Engine.Tokenization.Jinja;

/// <summary>Python's <c>"…" % values</c> and the <c>format</c> filter: <c>%s %r %d %i %x %o %f %e %g %%</c> with flags, width and precision.</summary>
internal static partial class PrintfFormat
{
    public static string Apply(string format, object? values, RenderLimits limits)
    {
        var places = values is JinjaTuple tuple ? tuple.Items : [values];
        var used = 0;
        var result = new StringBuilder();
        var done = 0;
        foreach (Match match in Field().Matches(format))
        {
            limits.Make(match.Length + 16);
            result.Append(format, done, match.Index - done);
            done = match.Index + match.Length;
            if (match.Groups["kind"].Value == "%")
            {
                result.Append('%');
                continue;
            }

            var named = match.Groups["name"];
            object? value;
            if (named.Success) value = PythonOperators.Index(values, named.Value);
            else value = used < places.Count ? places[used++] : throw new JinjaException("not enough arguments for format string");
            var text = One(match, value, limits);
            limits.Make(text.Length);
            result.Append(text);
        }

        if (used < places.Count && values is not JinjaDict) throw new JinjaException("not all arguments converted during string formatting");
        return result.Append(format, done, format.Length - done).ToString();
    }

    private static string One(Match match, object? value, RenderLimits limits)
    {
        var kind = match.Groups["kind"].Value[0];
        var flags = match.Groups["flags"].Value;
        var precision = Number(match.Groups["precision"], limits);
        var width = Number(match.Groups["width"], limits) ?? 0;
        var text = kind switch
        {
            's' => Cut(PythonText.Of(value, limits), precision),
            'r' => Cut(PythonText.Repr(value, limits), precision),
            _ when !PythonNumber.IsNumber(value) => throw new JinjaException($"%{kind} format: a number is required, not {PythonText.TypeName(value)}"),
            'd' or 'i' or 'u' => Whole(value!).ToString(CultureInfo.InvariantCulture),
            'x' or 'X' => Whole(value!).ToString(kind.ToString(), CultureInfo.InvariantCulture).TrimStart('0').PadLeft(1, '0'),
            'o' => Convert.ToString((long)Whole(value!), 8),
            _ => PythonNumber.ToDouble(value!).ToString(kind is 'g' or 'G' ? $"G{precision ?? 6}" : kind is 'e' or 'E' ? $"{(precision > 0 || precision is null ? "0." + new string('0', precision ?? 6) : "0")}{kind}+00" : $"F{precision ?? 6}", CultureInfo.InvariantCulture),
        };
        if (kind is not ('s' or 'r') && !text.StartsWith('-') && flags.AsSpan().IndexOfAny('+', ' ') >= 0) text = (flags.Contains('+') ? '+' : ' ') + text;
        if (flags.Contains('-')) return text.PadRight(width);
        if (!flags.Contains('0') || kind is 's' or 'r') return text.PadLeft(width);
        var sign = text[0] is '-' or '+' or ' ' ? text[..1] : "";
        return sign + text[sign.Length..].PadLeft(width - sign.Length, '0');
    }

    private static System.Numerics.BigInteger Whole(object value) => value is double number ? new(number) : PythonNumber.ToWhole(value);

    private static string Cut(string text, int? precision) => precision is { } most && most < text.Length ? text[..most] : text;

    private static int? Number(Group group, RenderLimits limits)
    {
        if (!group.Success) return null;
        if (group.Length > 4) throw new JinjaException("a format width is too large");
        var number = group.Length == 0 ? 0 : int.Parse(group.ValueSpan, CultureInfo.InvariantCulture);
        limits.Make(number);
        return number;
    }

    [GeneratedRegex(@"%(?:\((?<name>[^)]*)\))?(?<flags>[-+ 0#]*)(?<width>\d+)?(?:\.(?<precision>\d*))?(?<kind>[srdiuxXoeEfFgG%])", RegexOptions.ExplicitCapture, 200)]
    private static partial Regex Field();
}
