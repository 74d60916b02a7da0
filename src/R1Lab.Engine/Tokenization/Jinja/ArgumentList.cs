namespace R1Lab.Engine.Tokenization.Jinja;

internal enum ArgumentKind { Place, Name, Places, Names }

/// <summary>The arguments written in a call: by place, by name, <c>*list</c> and <c>**dict</c>.</summary>
internal sealed class ArgumentList(IReadOnlyList<(ArgumentKind Kind, string Name, Expression Value)> arguments)
{
    public static ArgumentList Empty { get; } = new([]);

    public CallArguments Evaluate(RenderContext context, JinjaCallable? caller = null)
    {
        if (arguments.Count == 0 && caller is null) return CallArguments.None;
        var places = new List<object?>();
        var names = new Dictionary<string, object?>(StringComparer.Ordinal);
        foreach (var (kind, name, expression) in arguments)
        {
            var value = expression.Evaluate(context);
            if (kind == ArgumentKind.Place) places.Add(value);
            else if (kind == ArgumentKind.Name) names[name] = value;
            else if (kind == ArgumentKind.Places) AddPlaces(places, value, context.Limits);
            else AddNames(names, value, context.Limits);
        }

        if (caller is not null) names["caller"] = caller;
        return new CallArguments(places, names);
    }

    private static void AddPlaces(List<object?> places, object? value, RenderLimits limits)
    {
        var items = PythonOperators.Items(value, limits);
        limits.MakeSlots(items.Count);
        places.AddRange(items);
    }

    private static void AddNames(Dictionary<string, object?> names, object? value, RenderLimits limits)
    {
        if (value is not JinjaDict dict) throw new JinjaException("** needs a dictionary");
        limits.MakeObjects(dict.Count);
        foreach (var (key, item) in dict) names[key as string ?? throw new JinjaException("** needs a dictionary with names as keys")] = item;
    }
}
