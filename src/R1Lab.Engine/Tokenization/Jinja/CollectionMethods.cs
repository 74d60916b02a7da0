namespace R1Lab.Engine.Tokenization.Jinja;

/// <summary>The methods of Python's dict and list that change nothing.</summary>
internal static class CollectionMethods
{
    public static BuiltInTable OfDictionary { get; } = Dictionary();

    public static BuiltInTable OfSequence { get; } = Sequence();

    public static JinjaList Pairs(JinjaDict dict, RenderLimits limits)
    {
        limits.MakeObjects(dict.Count * 2L);
        return new JinjaList(dict.Select(pair => new JinjaTuple(pair.Key, pair.Value)));
    }

    private static BuiltInTable Dictionary()
    {
        var table = new BuiltInTable();
        table.Add("items", "", (context, value, _) => Pairs((JinjaDict)value!, context.Limits));
        table.Add("keys", "", (context, value, _) => Made(context, ((JinjaDict)value!).Keys));
        table.Add("values", "", (context, value, _) => Made(context, ((JinjaDict)value!).Values));
        table.Add("get", "key default?", (_, value, arguments) => arguments["key"] is { } key && ((JinjaDict)value!).TryGetValue(key, out var member) ? member : arguments["default"]);
        table.Add("copy", "", (context, value, _) =>
        {
            context.Limits.MakeObjects(((JinjaDict)value!).Count * 2L);
            var copy = new JinjaDict();
            foreach (var (key, member) in (JinjaDict)value) ((OrderedDictionary<object, object?>)copy)[key] = member;
            return copy;
        });
        return table;
    }

    private static BuiltInTable Sequence()
    {
        var table = new BuiltInTable();
        table.Add("index", "value", (context, value, arguments) =>
        {
            var items = PythonOperators.Items(value, context.Limits);
            for (var index = 0; index < items.Count; index++)
            {
                if (PythonEquality.AreEqual(items[index], arguments["value"], context.Limits)) return (long)index;
            }

            throw new JinjaException("the value is not in the list");
        });
        table.Add("count", "value", (context, value, arguments) =>
            (long)PythonOperators.Items(value, context.Limits).Count(item => PythonEquality.AreEqual(item, arguments["value"], context.Limits)));
        table.Add("copy", "", (context, value, _) => Made(context, PythonOperators.Items(value, context.Limits)));
        return table;
    }

    private static JinjaList Made(RenderContext context, IReadOnlyCollection<object?> items)
    {
        context.Limits.MakeSlots(items.Count);
        return new JinjaList(items);
    }
}
