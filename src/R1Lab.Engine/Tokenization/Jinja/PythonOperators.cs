namespace R1Lab.Engine.Tokenization.Jinja;

/// <summary>Python's operators on the values of a template.</summary>
internal static class PythonOperators
{
    public static bool Truth(object? value) => value switch
    {
        null or JinjaUndefined => false,
        bool flag => flag,
        string text => text.Length > 0,
        JinjaList list => list.Count > 0,
        JinjaTuple tuple => tuple.Items.Count > 0,
        JinjaDict dict => dict.Count > 0,
        _ => !PythonNumber.IsNumber(value) || PythonNumber.Compare(value, 0L) != 0,
    };

    /// <summary>What a loop goes over: items, keys, or the characters of a text.</summary>
    public static IReadOnlyList<object?> Items(object? value, RenderLimits limits) => value switch
    {
        JinjaList list => list,
        JinjaTuple tuple => tuple.Items,
        JinjaDict dict => Keys(dict, limits),
        string text => PythonStrings.Characters(text, limits),
        JinjaUndefined => [],
        _ => throw new JinjaException($"'{PythonText.TypeName(value)}' object is not iterable"),
    };

    private static object?[] Keys(JinjaDict dict, RenderLimits limits)
    {
        limits.MakeSlots(dict.Count);
        return [.. dict.Keys];
    }

    public static long Length(object? value) => value switch
    {
        string text => PythonStrings.Length(text),
        JinjaList list => list.Count,
        JinjaTuple tuple => tuple.Items.Count,
        JinjaDict dict => dict.Count,
        JinjaUndefined => 0,
        _ => throw new JinjaException($"object of type '{PythonText.TypeName(value)}' has no len()"),
    };

    public static object? Calculate(string operation, object? left, object? right, RenderContext context)
    {
        if (left is JinjaUndefined missing) throw new JinjaException(missing.Reason);
        if (operation == "%" && left is string format) return PrintfFormat.Apply(format, right, context.Limits);
        if (right is JinjaUndefined other) throw new JinjaException(other.Reason);
        if (PythonNumber.IsNumber(left) && PythonNumber.IsNumber(right)) return PythonNumber.Calculate(operation, left!, right!);
        return operation switch
        {
            "+" => Add(left, right, context.Limits),
            "*" when PythonNumber.IsWhole(right) => Repeat(left, right!, context.Limits),
            "*" when PythonNumber.IsWhole(left) => Repeat(right, left!, context.Limits),
            _ => throw Unsupported(operation, left, right),
        };
    }

    public static bool Contains(object? container, object? item, RenderLimits limits)
    {
        switch (container)
        {
            case string text:
                limits.Spend(text.Length);
                return item is string part ? TextSearch.First(text, part, limits) >= 0 : throw new JinjaException($"'in <string>' requires string as left operand, not {PythonText.TypeName(item)}");
            case JinjaDict dict:
                return item is not null && dict.ContainsKey(item);
            default:
                return Items(container, limits).Any(candidate =>
                {
                    limits.Spend(4);
                    return PythonEquality.AreEqual(candidate, item, limits);
                });
        }
    }

    /// <summary>Order of two values; numbers with numbers, texts with texts, lists with lists.</summary>
    public static int Compare(object? left, object? right, RenderLimits limits)
    {
        if (PythonNumber.IsNumber(left) && PythonNumber.IsNumber(right)) return PythonNumber.Compare(left!, right!);
        return (left, right) switch
        {
            (string a, string b) => PythonStrings.Compare(a, b, limits),
            (JinjaList a, JinjaList b) => Compare((IReadOnlyList<object?>)a, b, limits),
            (JinjaTuple a, JinjaTuple b) => Compare(a.Items, b.Items, limits),
            (JinjaUndefined missing, _) => throw new JinjaException(missing.Reason),
            (_, JinjaUndefined missing) => throw new JinjaException(missing.Reason),
            _ => throw Unsupported("<", left, right),
        };
    }

    /// <summary>One comparison of a chain: <c>== != &lt; &lt;= &gt; &gt;= in notin</c>.</summary>
    public static bool Holds(string comparison, object? left, object? right, RenderLimits limits) => comparison switch
    {
        "==" => PythonEquality.AreEqual(left, right, limits),
        "!=" => !PythonEquality.AreEqual(left, right, limits),
        "in" => Contains(right, left, limits),
        "notin" => !Contains(right, left, limits),
        _ when left is double.NaN || right is double.NaN => false,
        "<" => Compare(left, right, limits) < 0,
        "<=" => Compare(left, right, limits) <= 0,
        ">" => Compare(left, right, limits) > 0,
        _ => Compare(left, right, limits) >= 0,
    };

    /// <summary>The member at a place, or undefined: dictionary key, index counted from either end.</summary>
    public static object? Index(object? value, object? key)
    {
        if (value is JinjaUndefined missing) throw new JinjaException(missing.Reason);
        if (value is JinjaDict dict) return key is not null && dict.TryGetValue(key, out var member) ? member : NoMember(value, key);
        if (!PythonNumber.IsWhole(key) || value is not (string or JinjaList or JinjaTuple)) return NoMember(value, key);
        var length = Length(value);
        var place = PythonNumber.ToWhole(key!);
        if (place < 0) place += length;
        if (place < 0 || place >= length) return NoMember(value, key);
        return value is string text ? PythonStrings.At(text, (int)place) : value is JinjaTuple tuple ? tuple.Items[(int)place] : ((JinjaList)value)[(int)place];
    }

    /// <summary>Python's slice <c>value[start:stop:step]</c>; null for a bound left out.</summary>
    public static object? Slice(object? value, object? start, object? stop, object? step, RenderLimits limits)
    {
        if (value is JinjaUndefined missing) throw new JinjaException(missing.Reason);
        if (value is not (string or JinjaList or JinjaTuple)) throw new JinjaException($"'{PythonText.TypeName(value)}' object cannot be sliced");
        var stride = Bound(step) ?? 1;
        if (stride == 0) throw new JinjaException("slice step cannot be zero");
        if (value is string whole && stride == 1) return PythonStrings.Slice(whole, Bound(start), Bound(stop), limits);
        var items = Items(value, limits);
        limits.MakeSlots(items.Count);
        var places = Places(items.Count, Bound(start), Bound(stop), stride);
        return value switch
        {
            string => string.Concat(places.Select(place => (string?)items[place])),
            JinjaTuple => new JinjaTuple([.. places.Select(place => items[place])]),
            _ => new JinjaList(places.Select(place => items[place])),
        };
    }

    public static JinjaUndefined NoMember(object? value, object? key) =>
        new(key is string name ? $"'{PythonText.TypeName(value)}' object has no attribute '{name}'" : $"'{PythonText.TypeName(value)}' object has no such element");

    private static object Add(object? left, object? right, RenderLimits limits)
    {
        switch (left, right)
        {
            case (string a, string b):
                limits.Make((long)a.Length + b.Length);
                return a + b;
            case (JinjaList a, JinjaList b):
                limits.MakeSlots((long)a.Count + b.Count);
                return new JinjaList(a.Concat(b));
            case (JinjaTuple a, JinjaTuple b):
                limits.MakeSlots((long)a.Items.Count + b.Items.Count);
                return new JinjaTuple([.. a.Items, .. b.Items]);
            default:
                throw left is string
                    ? new JinjaException($"can only concatenate str (not \"{PythonText.TypeName(right)}\") to str")
                    : Unsupported("+", left, right);
        }
    }

    private static object Repeat(object? value, object count, RenderLimits limits)
    {
        if (value is not (string or JinjaList or JinjaTuple)) throw Unsupported("*", value, count);
        var whole = PythonNumber.ToWhole(count);
        var times = whole.Sign < 0 ? 0 : whole > int.MaxValue ? int.MaxValue : (int)whole;
        if (value is string text) limits.Make((long)text.Length * times);
        else limits.MakeSlots(Length(value) * times);
        return value switch
        {
            "" => "",
            string repeated => string.Concat(Enumerable.Repeat(repeated, times)),
            _ when Length(value) == 0 => value,
            JinjaTuple tuple => new JinjaTuple([.. Enumerable.Repeat(tuple.Items, times).SelectMany(items => items)]),
            _ => new JinjaList(Enumerable.Repeat((JinjaList)value, times).SelectMany(items => items)),
        };
    }

    private static int Compare(IReadOnlyList<object?> left, IReadOnlyList<object?> right, RenderLimits limits)
    {
        limits.EnterValue();
        for (var index = 0; index < Math.Min(left.Count, right.Count); index++)
        {
            limits.Spend(4);
            if (PythonEquality.AreEqual(left[index], right[index], limits)) continue;
            var order = Compare(left[index], right[index], limits);
            limits.LeaveValue();
            return order;
        }

        limits.LeaveValue();
        return left.Count.CompareTo(right.Count);
    }

    private static long? Bound(object? bound) => bound switch
    {
        null => null,
        _ when PythonNumber.IsWhole(bound) => (long)System.Numerics.BigInteger.Clamp(PythonNumber.ToWhole(bound), int.MinValue, int.MaxValue),
        _ => throw new JinjaException("slice indices must be integers or None"),
    };

    private static IEnumerable<int> Places(int length, long? start, long? stop, long step)
    {
        var (lowest, highest) = step > 0 ? (0L, (long)length) : (-1L, length - 1L);
        var from = Clamp(start, step > 0 ? lowest : highest);
        var to = Clamp(stop, step > 0 ? highest : lowest);
        for (var place = from; step > 0 ? place < to : place > to; place += step) yield return (int)place;

        long Clamp(long? bound, long otherwise) =>
            bound is not { } given ? otherwise : Math.Clamp(given < 0 ? given + length : given, lowest, highest);
    }

    private static JinjaException Unsupported(string operation, object? left, object? right) =>
        new($"unsupported operand types for {operation}: '{PythonText.TypeName(left)}' and '{PythonText.TypeName(right)}'");
}
