namespace R1Lab.Engine.Tokenization.Jinja;

/// <summary>What stands behind the bar: the filters of Jinja that chat templates have a use for.</summary>
internal static class Filters
{
    public static BuiltInTable Table { get; } = Build();

    /// <summary>A function that reads an attribute, dotted or an index, of each item; the item itself for null.</summary>
    public static Func<object?, object?> Reader(object? attribute, RenderLimits limits, object? otherwise = null)
    {
        if (attribute is null or JinjaUndefined) return item => item;
        object[] parts = attribute is string path ? [.. path.Split('.').Select(part => long.TryParse(part, out var place) ? (object)place : part)] : [attribute];
        return item =>
        {
            foreach (var part in parts)
            {
                limits.Check();
                item = part is string name && Members.Find(item, name, out var member) && member is not JinjaCallable ? member : PythonOperators.Index(item, part);
            }

            return item is JinjaUndefined && otherwise is not null ? otherwise : item;
        };
    }

    private static BuiltInTable Build()
    {
        var table = new BuiltInTable();
        TextFilters.Add(table);
        NumberFilters.Add(table);
        SequenceFilters.Add(table);
        SelectionFilters.Add(table);
        AddGeneral(table);
        return table;
    }

    private static void AddGeneral(BuiltInTable table)
    {
        table.Add("default d", "default_value? boolean?", (_, value, arguments) =>
            value is JinjaUndefined || (arguments.Flag("boolean") && !PythonOperators.Truth(value)) ? arguments.Or("default_value", "") : value);
        table.Add("tojson", "ensure_ascii? indent? separators? sort_keys?", (context, value, arguments) => PythonJson.Write(value, context.Limits, arguments));
        table.Add("string", "", (context, value, _) => context.Text(value));
        table.Add("safe", "", (context, value, _) => context.Text(value));
        table.Add("pprint", "", (context, value, _) => PythonText.Repr(value, context.Limits));
        table.Add("attr", "name", (_, value, arguments) => Members.Find(value, arguments.Text("name"), out var member) ? member : PythonOperators.NoMember(value, arguments["name"]));
        table.Add("length count", "", (_, value, _) => PythonOperators.Length(value));
        table.Add("items", "", (context, value, _) => value switch
        {
            JinjaUndefined => new JinjaList([]),
            JinjaDict dict => CollectionMethods.Pairs(dict, context.Limits),
            _ => throw new JinjaException("Can only get item pairs from a mapping."),
        });
    }
}
