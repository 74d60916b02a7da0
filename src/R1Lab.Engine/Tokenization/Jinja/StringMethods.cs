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
        table.Add("splitlines", "keepends?", (context, value, arguments) => Parts(context, PythonStrings.Lines((string)value!, arguments.Flag("keepends"))));
        Add(table, "partition", "sep", (text, arguments) => Partition(text, arguments.Text("sep"), text.IndexOf(arguments.Text("sep"), StringComparison.Ordinal), false));
        Add(table, "rpartition", "sep", (text, arguments) => Partition(text, arguments.Text("sep"), text.LastIndexOf(arguments.Text("sep"), StringComparison.Ordinal), true));
        Add(table, "removeprefix", "prefix", (text, arguments) => text.StartsWith(arguments.Text("prefix"), StringComparison.Ordinal) ? text[arguments.Text("prefix").Length..] : text);
        Add(table, "removesuffix", "suffix", (text, arguments) => text.EndsWith(arguments.Text("suffix"), StringComparison.Ordinal) ? text[..^arguments.Text("suffix").Length] : text);
    }

    private static void AddSearching(BuiltInTable table)
    {
        Add(table, "startswith", "prefix start? end?", (text, arguments) => Any(Window(text, arguments), arguments["prefix"], (part, affix) => part.StartsWith(affix, StringComparison.Ordinal)));
        Add(table, "endswith", "suffix start? end?", (text, arguments) => Any(Window(text, arguments), arguments["suffix"], (part, affix) => part.EndsWith(affix, StringComparison.Ordinal)));
        Add(table, "find", "sub", (text, arguments) => Place(text, text.IndexOf(arguments.Text("sub"), StringComparison.Ordinal)));
        Add(table, "rfind", "sub", (text, arguments) => Place(text, text.LastIndexOf(arguments.Text("sub"), StringComparison.Ordinal)));
        Add(table, "index", "sub", (text, arguments) => Found(Place(text, text.IndexOf(arguments.Text("sub"), StringComparison.Ordinal))));
        Add(table, "rindex", "sub", (text, arguments) => Found(Place(text, text.LastIndexOf(arguments.Text("sub"), StringComparison.Ordinal))));
        Add(table, "count", "sub", (text, arguments) => arguments.Text("sub") is { Length: > 0 } sub ? (long)PythonStrings.Occurrences(text, sub).Count() : PythonStrings.Length(text) + 1);
    }

    private static void AddShaping(BuiltInTable table)
    {
        Add(table, "upper", "", (text, _) => PythonStrings.Upper(text));
        Add(table, "lower casefold", "", (text, _) => text.ToLowerInvariant());
        Add(table, "capitalize", "", (text, _) => PythonStrings.Capitalize(text));
        Add(table, "title", "", (text, _) => PythonStrings.Title(text));
        Add(table, "swapcase", "", (text, _) => string.Concat(text.EnumerateRunes().Select(rune => (Rune.IsUpper(rune) ? Rune.ToLowerInvariant(rune) : Rune.ToUpperInvariant(rune)).ToString())));
        table.Add("replace", "old new count?", (context, value, arguments) => PythonStrings.Replace((string)value!, arguments.Text("old"), arguments.Text("new"), arguments.Integer("count", -1), context.Limits));
        table.Add("join", "items", (context, value, arguments) => Join(context, (string)value!, arguments["items"]));
        table.Add("format", "*", (context, value, arguments) => BraceFormat.Apply((string)value!, arguments.Raw, context));
        table.Add("ljust", "width fill?", (context, value, arguments) => Pad(context, (string)value!, arguments, 0));
        table.Add("rjust", "width fill?", (context, value, arguments) => Pad(context, (string)value!, arguments, 2));
        table.Add("center", "width fill?", (context, value, arguments) => Pad(context, (string)value!, arguments, 1));
        table.Add("zfill", "width", (context, value, arguments) =>
        {
            var text = (string)value!;
            context.Limits.Make(arguments.Integer("width"));
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
        context.Limits.Make(text.Length);
        var parts = PythonStrings.Split(text, Optional(arguments, "sep"), arguments.Integer("maxsplit", -1), fromRight);
        context.Limits.Make(parts.Count * 8L);
        return new JinjaList(parts);
    }

    private static JinjaList Parts(RenderContext context, List<string> parts)
    {
        context.Limits.Make(parts.Sum(part => part.Length + 8L));
        return new JinjaList(parts);
    }

    private static JinjaTuple Partition(string text, string separator, int at, bool last)
    {
        if (separator.Length == 0) throw new JinjaException("empty separator");
        if (at < 0) return last ? new JinjaTuple("", "", text) : new JinjaTuple(text, "", "");
        return new JinjaTuple(text[..at], separator, text[(at + separator.Length)..]);
    }

    private static string Window(string text, BoundArguments arguments)
    {
        if (!arguments.Has("start")) return text;
        var characters = PythonStrings.Characters(text);
        var start = Clamp(arguments.Integer("start"));
        var end = Clamp(arguments.Integer("end", characters.Count));
        return start < end ? string.Concat(characters.Skip(start).Take(end - start)) : "";

        int Clamp(int place) => Math.Clamp(place < 0 ? place + characters.Count : place, 0, characters.Count);
    }

    private static bool Any(string text, object? affixes, Func<string, string, bool> holds) => affixes switch
    {
        string affix => holds(text, affix),
        JinjaTuple tuple => tuple.Items.Any(item => item is string affix && holds(text, affix)),
        _ => throw new JinjaException($"the argument must be str or a tuple of str, not {PythonText.TypeName(affixes)}"),
    };

    private static long Place(string text, int at) => at <= 0 ? at : PythonStrings.Length(text[..at]);

    private static object Found(long place) => place >= 0 ? place : throw new JinjaException("substring not found");

    private static string Join(RenderContext context, string separator, object? value)
    {
        var items = PythonOperators.Items(value);
        var texts = items.Select((item, index) => item as string ?? throw new JinjaException($"sequence item {index}: expected str, {PythonText.TypeName(item)} found")).ToArray();
        context.Limits.Make(texts.Sum(text => (long)text.Length + separator.Length));
        return string.Join(separator, texts);
    }

    /// <summary>Padding on the right (0), both sides (1) or the left (2).</summary>
    private static string Pad(RenderContext context, string text, BoundArguments arguments, int side)
    {
        context.Limits.Make(Math.Max(0, arguments.Integer("width")));
        var fill = arguments.Has("fill") ? arguments.Text("fill") : " ";
        var missing = (int)Math.Max(0, arguments.Integer("width") - PythonStrings.Length(text));
        var left = side switch { 0 => 0, 2 => missing, _ => (missing / 2) + (missing & arguments.Integer("width") & 1) };
        return string.Concat(Enumerable.Repeat(fill, left)) + text + string.Concat(Enumerable.Repeat(fill, missing - left));
    }
}
