namespace R1Lab.Engine.Tokenization.Jinja;

/// <summary><c>map</c>, <c>select</c> and their kin, which take the name of a filter or test.</summary>
internal static class SelectionFilters
{
    public static void Add(BuiltInTable table)
    {
        table.Add("map", "*", Map);
        table.Add("select", "*", (context, value, arguments) => Select(context, value, arguments.Raw, byAttribute: false, wanted: true));
        table.Add("reject", "*", (context, value, arguments) => Select(context, value, arguments.Raw, byAttribute: false, wanted: false));
        table.Add("selectattr", "*", (context, value, arguments) => Select(context, value, arguments.Raw, byAttribute: true, wanted: true));
        table.Add("rejectattr", "*", (context, value, arguments) => Select(context, value, arguments.Raw, byAttribute: true, wanted: false));
    }

    private static object? Map(RenderContext context, object? value, BoundArguments arguments)
    {
        var raw = arguments.Raw;
        Func<object?, object?> change;
        if (raw.Places.Count == 0 && raw.Names.TryGetValue("attribute", out var attribute))
        {
            change = Filters.Reader(attribute, context.Limits, raw.Names.GetValueOrDefault("default"));
        }
        else
        {
            if (raw.Places is not [string name, ..]) throw new JinjaException("map requires a filter argument");
            var filter = Filters.Table.Find(name) ?? throw new JinjaException($"there is no filter named '{name}'");
            var rest = raw.Skip(1);
            change = item => filter.Call(context, item, rest);
        }

        var items = PythonOperators.Items(value, context.Limits);
        context.Limits.MakeSlots(items.Count);
        return new JinjaList(items.Select(item =>
        {
            context.Limits.Step();
            return change(item);
        }));
    }

    private static JinjaList Select(RenderContext context, object? value, CallArguments arguments, bool byAttribute, bool wanted)
    {
        if (byAttribute && arguments.Places.Count == 0) throw new JinjaException("selectattr and rejectattr need the name of an attribute");
        var read = byAttribute ? Filters.Reader(arguments.Places[0], context.Limits) : item => item;
        if (byAttribute) arguments = arguments.Skip(1);
        Func<object?, bool> holds = PythonOperators.Truth;
        if (arguments.Places.Count > 0)
        {
            var name = arguments.Places[0] as string ?? throw new JinjaException("the name of a test is needed");
            var test = Tests.Table.Find(name) ?? throw new JinjaException($"there is no test named '{name}'");
            var rest = arguments.Skip(1);
            holds = item => PythonOperators.Truth(test.Call(context, item, rest));
        }

        var items = PythonOperators.Items(value, context.Limits);
        context.Limits.MakeSlots(items.Count);
        return new JinjaList(items.Where(item =>
        {
            context.Limits.Step();
            return holds(read(item)) == wanted;
        }));
    }
}
