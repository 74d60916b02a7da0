using System.Text;

namespace R1Lab.Engine.Tokenization.Jinja;

/// <summary>The methods of Python's str.</summary>
internal static class StringMethods
{
    public static BuiltInTable Table { get; } = Build();

    private static BuiltInTable Build()
    {
        var table = new BuiltInTable();
        AddCutting(table);
        AddSearching(table);
        AddShaping(table);
        AddQuestions(table);
        return table;
    }

    private static void AddCutting(BuiltInTable table)
    {
        Add(table, "strip", "chars?", (text, arguments) => PythonStrings.Strip(text, Optional(arguments, "chars"), true, true));
        Add(table, "lstrip", "chars?", (text, arguments) => PythonStrings.Strip(text, Optional(arguments, "chars"), true, false));
        Add(table, "rstrip", "chars?", (text, arguments) => PythonStrings.Strip(text, Optional(arguments, "chars"), false, true));
        table.Add("split", "sep? maxsplit?", (context, value, arguments) => Split(context, (string)value!, arguments, false));
        table.Add("rsplit", "sep? maxsplit?", (context, value, arguments) => Split(context, (string)value!, arguments, true));
        table.Add("splitlines", "keepends?", (context, value, arguments) => new JinjaList(PythonStrings.Lines((string)value!, context.Limits, arguments.Flag("keepends"))));
        Search(table, "partition", "sep", TextSearch.First, (text, separator, at) => Partition(text, separator, at, false));
        Search(table, "rpartition", "sep", TextSearch.Last, (text, separator, at) => Partition(text, separator, at, true));
        Add(table, "removeprefix", "prefix", (text, arguments) => text.StartsWith(arguments.Text("prefix"), StringComparison.Ordinal) ? text[arguments.Text("prefix").Length..] : text);
        Add(table, "removesuffix", "suffix", (text, arguments) => text.EndsWith(arguments.Text("suffix"), StringComparison.Ordinal) ? text[..^arguments.Text("suffix").Length] : text);
    }

    private static void AddSearching(BuiltInTable table)
    {
        table.Add("startswith", "prefix start? end?", (context, value, arguments) =>
            Any(Window((string)value!, arguments, context.Limits), arguments["prefix"], context.Limits, (part, affix) => part.StartsWith(affix, StringComparison.Ordinal)));
        table.Add("endswith", "suffix start? end?", (context, value, arguments) =>
            Any(Window((string)value!, arguments, context.Limits), arguments["suffix"], context.Limits, (part, affix) => part.EndsWith(affix, StringComparison.Ordinal)));
        Search(table, "find", "sub", TextSearch.First, (text, _, at) => Place(text, at));
        Search(table, "rfind", "sub", TextSearch.Last, (text, _, at) => Place(text, at));
        Search(table, "index", "sub", TextSearch.First, (text, _, at) => Found(Place(text, at)));
        Search(table, "rindex", "sub", TextSearch.Last, (text, _, at) => Found(Place(text, at)));
        table.Add("count", "sub", (context, value, arguments) => arguments.Text("sub") is { Length: > 0 } sub
            ? (long)TextSearch.All((string)value!, sub, context.Limits).Count()
            : PythonStrings.Length((string)value!) + 1);
    }

    private static void AddShaping(BuiltInTable table)
    {
        Add(table, "upper", "", (text, _) => PythonStrings.Upper(text));
        Add(table, "lower casefold", "", (text, _) => text.ToLowerInvariant());
        Add(table, "capitalize", "", (text, _) => PythonStrings.Capitalize(text));
        Add(table, "title", "", (text, _) => PythonStrings.Title(text));
        Add(table, "swapcase", "", (text, _) => PythonStrings.SwapCase(text));
        table.Add("replace", "old new count?", (context, value, arguments) => PythonStrings.Replace((string)value!, arguments.Text("old"), arguments.Text("new"), arguments.Integer("count", -1), context.Limits));
        table.Add("join", "items", (context, value, arguments) => Join(context, (string)value!, arguments["items"]));
        table.Add("format", "*", (context, value, arguments) => BraceFormat.Apply((string)value!, arguments.Raw, context));
        table.Add("ljust", "width fill?", (context, value, arguments) => Pad(context, (string)value!, arguments, 0));
        table.Add("rjust", "width fill?", (context, value, arguments) => Pad(context, (string)value!, arguments, 2));
        table.Add("center", "width fill?", (context, value, arguments) => Pad(context, (string)value!, arguments, 1));
        table.Add("zfill", "width", (context, value, arguments) =>
        {
            var text = (string)value!;
            context.Limits.Make(Math.Max(text.Length, arguments.Integer("width")));
            var sign = text is ['+' or '-', ..] ? text[..1] : "";
            return sign + text[sign.Length..].PadLeft(Math.Max(0, arguments.Integer("width") - sign.Length), '0');
        });
    }

    private static void AddQuestions(BuiltInTable table)
    {
        Add(table, "isdigit isdecimal", "", (text, _) => PythonStrings.All(text, Rune.IsDigit));
        Add(table, "isnumeric", "", (text, _) => PythonStrings.All(text, Rune.IsNumber));
        Add(table, "isalpha", "", (text, _) => PythonStrings.All(text, Rune.IsLetter));
        Add(table, "isalnum", "", (text, _) => PythonStrings.All(text, rune => Rune.IsLetter(rune) || Rune.IsNumber(rune)));
        Add(table, "isspace", "", (text, _) => text.Length > 0 && text.All(PythonStrings.IsSpace));
        Add(table, "isascii", "", (text, _) => text.All(char.IsAscii));
        Add(table, "isupper", "", (text, _) => text.Any(char.IsUpper) && !text.Any(char.IsLower));
        Add(table, "islower", "", (text, _) => text.Any(char.IsLower) && !text.Any(char.IsUpper));
        Add(table, "isidentifier", "", (text, _) => text is [not (>= '0' and <= '9'), ..] && text.All(unit => unit == '_' || char.IsLetterOrDigit(unit)));
    }

    private static void Search(BuiltInTable table, string name, string parameter, Func<string, string, RenderLimits, int> find, Func<string, string, int, object?> answer) =>
        table.Add(name, parameter, (context, value, arguments) =>
        {
            var (text, part) = ((string)value!, arguments.Text(parameter));
            context.Limits.Make(text.Length);
            return answer(text, part, find(text, part, context.Limits));
        });

    /// <summary>A method whose work is in proportion to its text.</summary>
    private static void Add(BuiltInTable table, string names, string signature, Func<string, BoundArguments, object?> body) => table.Add(names, signature, (context, value, arguments) =>
    {
        var text = (string)value!;
        context.Limits.Make(text.Length);
        return body(text, arguments);
    });

    private static string? Optional(BoundArguments arguments, string name) => arguments[name] is null ? null : arguments.Text(name);

    private static JinjaList Split(RenderContext context, string text, BoundArguments arguments, bool fromRight)
    {
        var parts = PythonStrings.Split(text, Optional(arguments, "sep"), arguments.Integer("maxsplit", -1), fromRight, context.Limits);
        return new JinjaList(parts);
    }

    private static JinjaTuple Partition(string text, string separator, int at, bool last)
    {
        if (separator.Length == 0) throw new JinjaException("empty separator");
        if (at < 0) return last ? new JinjaTuple("", "", text) : new JinjaTuple(text, "", "");
        return new JinjaTuple(text[..at], separator, text[(at + separator.Length)..]);
    }

    private static string Window(string text, BoundArguments arguments, RenderLimits limits)
    {
        if (!arguments.Has("start")) return text;
        return PythonStrings.Slice(text, arguments.Integer("start"), arguments["end"] is null ? null : arguments.Integer("end"), limits);
    }

    private static bool Any(string text, object? affixes, RenderLimits limits, Func<string, string, bool> holds) => affixes switch
    {
        string affix => holds(text, affix),
        JinjaTuple tuple => tuple.Items.Any(item =>
        {
            limits.Spend(4 + (text.Length / 16));
            return item is string affix && holds(text, affix);
        }),
        _ => throw new JinjaException($"the argument must be str or a tuple of str, not {PythonText.TypeName(affixes)}"),
    };

    private static long Place(string text, int at) => at <= 0 ? at : PythonStrings.Length(text[..at]);

    private static object Found(long place) => place >= 0 ? place : throw new JinjaException("substring not found");

    private static string Join(RenderContext context, string separator, object? value)
    {
        var items = PythonOperators.Items(value, context.Limits);
        context.Limits.MakeSlots(items.Count);
        var texts = items.Select((item, index) => item as string ?? throw new JinjaException($"sequence item {index}: expected str, {PythonText.TypeName(item)} found")).ToArray();
        context.Limits.Make(texts.Sum(text => (long)text.Length + separator.Length));
        return string.Join(separator, texts);
    }

    /// <summary>Padding on the right (0), both sides (1) or the left (2).</summary>
    private static string Pad(RenderContext context, string text, BoundArguments arguments, int side)
    {
        var fill = arguments.Has("fill") ? arguments.Text("fill") : " ";
        if (PythonStrings.Length(fill) != 1) throw new JinjaException("the fill character must be exactly one character long");
        context.Limits.Make(text.Length + (fill.Length * (long)Math.Max(0, arguments.Integer("width"))));
        var missing = (int)Math.Max(0, arguments.Integer("width") - PythonStrings.Length(text));
        var left = side switch { 0 => 0, 2 => missing, _ => (missing / 2) + (missing & arguments.Integer("width") & 1) };
        return string.Concat(Enumerable.Repeat(fill, left)) + text + string.Concat(Enumerable.Repeat(fill, missing - left));
    }
}
