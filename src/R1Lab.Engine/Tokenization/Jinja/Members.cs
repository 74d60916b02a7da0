namespace R1Lab.Engine.Tokenization.Jinja;

/// <summary>
/// What stands behind the dot apart from dictionary keys: methods and attributes of Python's values. Nothing else of a value can be reached, and
/// nothing that changes it.
/// </summary>
internal static class Members
{
    private static readonly string[] Changing =
        ["append", "clear", "extend", "insert", "pop", "popitem", "remove", "reverse", "setdefault", "sort", "update"];

    public static bool Find(object? value, string name, out object? member)
    {
        member = null;
        switch (value)
        {
            case JinjaUndefined missing:
                throw new JinjaException(missing.Reason);
            case LoopState loop:
                return loop.Find(name, out member);
            case JinjaNamespace space:
                return space.Members.TryGetValue(name, out member);
            case JinjaCallable function:
                member = function.Member(name);
                return member is not null;
            case JinjaTuple tuple when tuple.Names.IndexOf(name) is >= 0 and var place:
                member = tuple.Items[place];
                return true;
        }

        if (Methods(value)?.Find(name) is { } method)
        {
            member = new BoundMethod(method, value);
            return true;
        }

        if (value is JinjaList || (value is JinjaDict dict && !dict.ContainsKey(name)))
        {
            if (!Changing.Contains(name)) return false;
            member = new JinjaUndefined($"access to attribute '{name}' of '{PythonText.TypeName(value)}' object is unsafe");
            return true;
        }

        return false;
    }

    private static BuiltInTable? Methods(object? value) => value switch
    {
        string => StringMethods.Table,
        JinjaDict => CollectionMethods.OfDictionary,
        JinjaList or JinjaTuple => CollectionMethods.OfSequence,
        _ => null,
    };

    private static int IndexOf(this IReadOnlyList<string> names, string name)
    {
        for (var index = 0; index < names.Count; index++)
        {
            if (names[index] == name) return index;
        }

        return -1;
    }
}
