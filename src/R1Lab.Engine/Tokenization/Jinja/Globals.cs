namespace R1Lab.Engine.Tokenization.Jinja;

/// <summary>The functions every template can call.</summary>
internal static class Globals
{
    private const int LongestRange = 100_000;

    private static readonly BuiltInTable Table = Build();

    private static readonly string[] Names = ["range", "dict", "namespace", "raise_exception", "strftime_now", "joiner", "cycler"];

    /// <summary>A scope that holds them.</summary>
    public static Scope Scope()
    {
        var scope = new Scope(null);
        foreach (var name in Names) scope.Set(name, new BoundMethod(Table.Find(name)!, null));
        return scope;
    }

    private static BuiltInTable Build()
    {
        var table = new BuiltInTable();
        table.Add("range", "start stop? step?", (context, _, arguments) => Range(context, arguments));
        table.Add("dict", "*", (context, _, arguments) => Dictionary(context, arguments.Raw));
        table.Add("namespace", "*", (context, _, arguments) =>
        {
            var space = new JinjaNamespace();
            foreach (var (key, value) in Dictionary(context, arguments.Raw)) space.Members[key as string ?? ""] = value;
            return space;
        });
        table.Add("raise_exception", "message", (context, _, arguments) => throw new JinjaException(context.Text(arguments["message"])));
        table.Add("strftime_now", "format", (context, _, arguments) => Strftime.Format(context.Clock.GetLocalNow(), arguments.Text("format"), context.Limits));
        table.Add("joiner", "sep?", (_, _, arguments) => Joiner(arguments.Has("sep") ? arguments.Text("sep") : ", "));
        table.Add("cycler", "*", (_, _, arguments) => new Cycler(arguments.Raw.Places));
        return table;
    }

    private static JinjaList Range(RenderContext context, BoundArguments arguments)
    {
        var (start, stop) = arguments.Has("stop") ? (Whole("start"), Whole("stop")) : (0L, Whole("start"));
        var step = arguments.Has("step") ? Whole("step") : 1;
        if (step == 0) throw new JinjaException("range() step must not be zero");
        var count = Math.Max(0, step > 0 ? (stop - start + step - 1) / step : (start - stop - step - 1) / -step);
        if (count > LongestRange) throw new JinjaException($"a range may have at most {LongestRange} numbers");
        context.Limits.MakeObjects(count);
        return new JinjaList(Enumerable.Range(0, (int)count).Select(index => (object?)(start + (index * step))));

        long Whole(string name) => PythonNumber.IsWhole(arguments[name]) ? arguments.Integer(name) : throw new JinjaException("range() needs whole numbers");
    }

    private static JinjaDict Dictionary(RenderContext context, CallArguments arguments)
    {
        var dict = new JinjaDict();
        var members = (OrderedDictionary<object, object?>)dict;
        foreach (var source in arguments.Places)
        {
            var pairs = source is JinjaDict other ? CollectionMethods.Pairs(other, context.Limits) : PythonOperators.Items(source, context.Limits);
            foreach (var pair in pairs)
            {
                context.Limits.MakeObjects(2);
                if (PythonOperators.Items(pair, context.Limits) is not [{ } key, var value]) throw new JinjaException("dict() needs pairs");
                members[key] = value;
            }
        }

        context.Limits.MakeObjects(arguments.Names.Count * 2L);
        foreach (var (name, value) in arguments.Names) members[name] = value;
        return dict;
    }

    private static BoundMethod Joiner(string separator)
    {
        var used = false;
        return new BoundMethod(new BuiltIn("joiner", "", (_, _, _) =>
        {
            var text = used ? separator : "";
            used = true;
            return text;
        }), null);
    }

    private sealed class Cycler(IReadOnlyList<object?> items) : JinjaCallable
    {
        private int _place;

        private object? Current => items.Count > 0 ? items[_place % items.Count] : throw new JinjaException("cycler() needs values");

        public override object? Call(RenderContext context, CallArguments arguments) => throw new JinjaException("a cycler is used by .next() and .reset()");

        public override object? Member(string name) => name switch
        {
            "current" => Current,
            "next" => new BoundMethod(new BuiltIn("next", "", (_, _, _) =>
            {
                var item = Current;
                _place++;
                return item;
            }), null),
            "reset" => new BoundMethod(new BuiltIn("reset", "", (_, _, _) =>
            {
                _place = 0;
                return null;
            }), null),
            _ => null,
        };
    }
}
