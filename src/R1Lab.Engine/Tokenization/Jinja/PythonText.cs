using System.Globalization;
using System.Numerics;
using System.Text;

namespace R1Lab.Engine.Tokenization.Jinja;

/// <summary>Values as Python's <c>str()</c> and <c>repr()</c> write them.</summary>
internal static class PythonText
{
    public static string Of(object? value, RenderLimits limits)
    {
        if (value is string text) return text;
        if (value is JinjaUndefined) return "";
        var result = new StringBuilder();
        Write(value, result, limits);
        return result.ToString();
    }

    public static string Repr(object? value, RenderLimits limits)
    {
        var result = new StringBuilder();
        Write(value, result, limits);
        return result.ToString();
    }

    public static string TypeName(object? value) => value switch
    {
        null => "NoneType",
        string => "str",
        bool => "bool",
        long or BigInteger => "int",
        double => "float",
        JinjaList => "list",
        JinjaTuple => "tuple",
        JinjaDict => "dict",
        JinjaUndefined => "Undefined",
        JinjaNamespace => "Namespace",
        JinjaCallable => "function",
        _ => "object",
    };

    private static void Write(object? value, StringBuilder result, RenderLimits limits)
    {
        limits.EnterValue();
        limits.Make(2);
        switch (value)
        {
            case null: result.Append("None"); break;
            case bool flag: result.Append(flag ? "True" : "False"); break;
            case double number: result.Append(PythonNumber.Write(number)); break;
            case long or BigInteger: Number(value, result, limits); break;
            case string text: Quote(text, result, limits); break;
            case JinjaList list: Sequence("[", list, "]", result, limits); break;
            case JinjaTuple tuple: Sequence("(", tuple.Items, tuple.Items.Count == 1 ? ",)" : ")", result, limits); break;
            case JinjaDict dict: Dictionary(dict, result, limits); break;
            case JinjaUndefined: result.Append("Undefined"); break;
            case JinjaNamespace space:
                result.Append("<Namespace ");
                limits.MakeObjects(space.Members.Count * 2L);
                Dictionary(Copy(space), result, limits);
                result.Append('>');
                break;
            default: result.Append('<').Append(TypeName(value)).Append('>'); break;
        }

        limits.LeaveValue();
    }

    private static void Number(object value, StringBuilder result, RenderLimits limits)
    {
        limits.Make(PythonNumber.Digits(value));
        result.Append(CultureInfo.InvariantCulture, $"{value}");
    }

    private static JinjaDict Copy(JinjaNamespace space)
    {
        var dict = new JinjaDict();
        foreach (var (name, member) in space.Members) dict[name] = member;
        return dict;
    }

    private static void Sequence(string open, IReadOnlyList<object?> items, string close, StringBuilder result, RenderLimits limits)
    {
        result.Append(open);
        for (var index = 0; index < items.Count; index++)
        {
            if (index > 0) result.Append(", ");
            Write(items[index], result, limits);
        }

        result.Append(close);
    }

    private static void Dictionary(JinjaDict dict, StringBuilder result, RenderLimits limits)
    {
        result.Append('{');
        var first = true;
        foreach (var (key, item) in dict)
        {
            if (!first) result.Append(", ");
            first = false;
            Write(key, result, limits);
            result.Append(": ");
            Write(item, result, limits);
        }

        result.Append('}');
    }

    /// <summary>Single quotes unless the text has some and no double ones.</summary>
    private static void Quote(string text, StringBuilder result, RenderLimits limits)
    {
        limits.Make(text.Length);
        var start = result.Length;
        var quote = text.Contains('\'') && !text.Contains('"') ? '"' : '\'';
        result.Append(quote);
        for (var at = 0; at < text.Length; at++)
        {
            var rune = Rune.TryGetRuneAt(text, at, out var whole) ? whole : new Rune(0xFFFD);
            Append(rune, quote, result);
            if (rune.Utf16SequenceLength == 2) at++;
        }

        result.Append(quote);
        // Escapes are longer than what they stand for.
        limits.Make(Math.Max(0, result.Length - start - text.Length));
    }

    private static void Append(Rune rune, char quote, StringBuilder result)
    {
        switch (rune.Value)
        {
            case '\\': result.Append(@"\\"); break;
            case '\n': result.Append(@"\n"); break;
            case '\r': result.Append(@"\r"); break;
            case '\t': result.Append(@"\t"); break;
            case var value when value == quote: result.Append('\\').Append(quote); break;
            case ' ': result.Append(' '); break;
            case var value when IsPrintable(rune): result.Append(rune.ToString()); break;
            case <= 0xFF: result.Append(CultureInfo.InvariantCulture, $"\\x{rune.Value:x2}"); break;
            case <= 0xFFFF: result.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}"); break;
            default: result.Append(CultureInfo.InvariantCulture, $"\\U{rune.Value:x8}"); break;
        }
    }

    private static bool IsPrintable(Rune rune) => Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate
        or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.SpaceSeparator);
}
