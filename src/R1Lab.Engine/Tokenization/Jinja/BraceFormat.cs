using System.Globalization;
using System.Text;

namespace R1Lab.Engine.Tokenization.Jinja;

/// <summary>Python's <c>str.format</c> for plain fields: <c>{}</c>, <c>{0}</c>, <c>{name}</c>, with <c>!s</c> or <c>!r</c>; format specifications are refused.</summary>
internal static class BraceFormat
{
    public static string Apply(string format, CallArguments arguments, RenderContext context)
    {
        context.Limits.Make(format.Length);
        var result = new StringBuilder();
        var next = 0;
        for (var at = 0; at < format.Length; at++)
        {
            var unit = format[at];
            if (unit is not ('{' or '}')) result.Append(unit);
            else if (at + 1 < format.Length && format[at + 1] == unit) result.Append(format[++at]);
            else if (unit == '}' || format.IndexOf('}', at) is var end && end < 0) throw new JinjaException("single brace in format string");
            else
            {
                result.Append(Field(format[(at + 1)..end], arguments, ref next, context));
                at = end;
            }
        }

        return result.ToString();
    }

    private static string Field(string field, CallArguments arguments, ref int next, RenderContext context)
    {
        if (field.Contains(':')) throw new JinjaException("format specifications are not supported");
        var mark = field.IndexOf('!');
        var name = mark < 0 ? field : field[..mark];
        var value = name.Length == 0 ? Place(next++) : int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var place) ? Place(place) : Named();
        return mark >= 0 && field[mark..] == "!r" ? PythonText.Repr(value, context.Limits) : Made(context.Text(value));

        object? Place(int index) => index < arguments.Places.Count ? arguments.Places[index] : throw new JinjaException("not enough arguments for format string");

        object? Named() => arguments.Names.TryGetValue(name, out var found) ? found : throw new JinjaException($"format has no argument {name}");

        string Made(string text)
        {
            context.Limits.Make(text.Length);
            return text;
        }
    }
}
