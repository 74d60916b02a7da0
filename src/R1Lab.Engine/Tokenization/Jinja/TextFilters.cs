using System.Text;
using System.Text.RegularExpressions;

namespace R1Lab.Engine.Tokenization.Jinja;

internal static partial class TextFilters
{
    public static void Add(BuiltInTable table)
    {
        Add(table, "upper", (text, _) => PythonStrings.Upper(text));
        Add(table, "lower", (text, _) => text.ToLowerInvariant());
        Add(table, "capitalize", (text, _) => PythonStrings.Capitalize(text));
        Add(table, "title", (text, _) => string.Concat(WordBeginning().Split(text).Select(PythonStrings.Capitalize)), growth: 8);
        Add(table, "trim", (text, arguments) => PythonStrings.Strip(text, arguments["chars"] is null ? null : arguments.Text("chars"), true, true), "chars?");
        Add(table, "escape e forceescape", (text, _) => Escape(text), growth: 6);
        Add(table, "wordcount", (text, _) => (long)Word().Count(text));
        Add(table, "striptags", (text, _) => string.Join(' ', Tag().Replace(text, "").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)), growth: 8);
        Add(table, "urlencode", (text, _) => Uri.EscapeDataString(text).Replace("%2F", "/", StringComparison.Ordinal), growth: 9);
        table.Add("truncate", "length? killwords? end? leeway?", (context, value, arguments) => Truncate(context.Text(value), arguments, context.Limits));
        table.Add("replace", "old new count?", (context, value, arguments) => PythonStrings.Replace(
            context.Text(value), context.Text(arguments["old"]), context.Text(arguments["new"]), arguments.Integer("count", -1), context.Limits));
        table.Add("indent", "width? first? blank?", (context, value, arguments) => Indent(context, context.Text(value), arguments));
        table.Add("center", "width?", (context, value, arguments) => StringMethods.Table.Find("center")!.Call(
            context, context.Text(value), new CallArguments([(long)arguments.Integer("width", 80)], CallArguments.None.Names)));
        table.Add("format", "*", (context, value, arguments) => PrintfFormat.Apply(context.Text(value), Values(arguments.Raw), context.Limits));
    }

    /// <param name="growth">How many times longer than its text the result can be.</param>
    private static void Add(BuiltInTable table, string names, Func<string, BoundArguments, object?> body, string signature = "", int growth = 2) => table.Add(names, signature, (context, value, arguments) =>
    {
        var text = context.Text(value);
        context.Limits.Make((long)text.Length * growth);
        return body(text, arguments);
    });

    private static object Values(CallArguments arguments)
    {
        if (arguments.Names.Count == 0) return new JinjaTuple(arguments.Places);
        var dict = new JinjaDict();
        foreach (var (name, value) in arguments.Names) dict[name] = value;
        return dict;
    }

    private static string Escape(string text) => new StringBuilder(text)
        .Replace("&", "&amp;").Replace("<", "&lt;").Replace(">", "&gt;").Replace("'", "&#39;").Replace("\"", "&#34;").ToString();

    private static string Truncate(string text, BoundArguments arguments, RenderLimits limits)
    {
        var length = arguments.Integer("length", 255);
        var end = arguments.Has("end") ? arguments.Text("end") : "...";
        if (PythonStrings.Length(text) <= (long)length + arguments.Integer("leeway", 5)) return text;
        var cut = PythonStrings.Slice(text, 0, Math.Max(0, length - PythonStrings.Length(end)), limits);
        var space = cut.LastIndexOf(' ');
        return (arguments.Flag("killwords") || space < 0 ? cut : cut[..space]) + end;
    }

    private static string Indent(RenderContext context, string text, BoundArguments arguments)
    {
        var indent = arguments.Or("width", 4L) is string given ? given : new string(' ', Math.Clamp(arguments.Integer("width", 4), 0, 1000));
        var blank = arguments.Flag("blank");

        // Jinja adds a line break so that the last empty line counts as a line.
        var lines = PythonStrings.Lines(text + "\n", context.Limits);
        context.Limits.Make(text.Length + ((long)lines.Count * (indent.Length + 1)));
        var rest = lines.Skip(1).Select(line => blank || line.Length > 0 ? indent + line : line);
        return (arguments.Flag("first") ? indent : "") + string.Join('\n', lines.Take(1).Concat(rest));
    }

    [GeneratedRegex(@"(?<between>[-\s({\[<]+)", RegexOptions.ExplicitCapture, 200)]
    private static partial Regex WordBeginning();

    [GeneratedRegex(@"\w+", RegexOptions.None, 200)]
    private static partial Regex Word();

    [GeneratedRegex(@"<!--.*?-->|<[^>]*>", RegexOptions.Singleline, 200)]
    private static partial Regex Tag();
}
