namespace R1Lab.Engine.Tokenization.Jinja;

internal static class SequenceFilters
{
    public static void Add(BuiltInTable table)
    {
        table.Add("first", "", (context, value, _) => PythonOperators.Items(value, context.Limits) is [var first, ..] ? first : new JinjaUndefined("No first item, sequence was empty."));
        table.Add("last", "", (context, value, _) => PythonOperators.Items(value, context.Limits) is [.., var last] ? last : new JinjaUndefined("No last item, sequence was empty."));
        table.Add("list", "", (context, value, _) => Made(context, PythonOperators.Items(value, context.Limits)));
        table.Add("reverse", "", (context, value, _) => value is string text
            ? string.Concat(PythonStrings.Characters(text, context.Limits).Reverse())
            : Made(context, PythonOperators.Items(value, context.Limits).Reverse()));
        table.Add("join", "d? attribute?", Join);
        table.Add("sort", "reverse? case_sensitive? attribute?", (context, value, arguments) => Sort(
            context, PythonOperators.Items(value, context.Limits), SortKey(arguments, context.Limits), arguments.Flag("reverse")));
        table.Add("dictsort", "case_sensitive? by? reverse?", DictSort);
        table.Add("unique", "case_sensitive? attribute?", Unique);
        table.Add("min", "case_sensitive? attribute?", (context, value, arguments) => Extreme(context, value, arguments, -1));
        table.Add("max", "case_sensitive? attribute?", (context, value, arguments) => Extreme(context, value, arguments, 1));
        table.Add("sum", "attribute? start?", Sum);
        table.Add("batch", "linecount fill_with?", Batch);
        table.Add("slice", "slices fill_with?", Slice);
        table.Add("groupby", "attribute default? case_sensitive?", GroupBy);
    }

    private static JinjaList Made(RenderContext context, IEnumerable<object?> items)
    {
        if (items.TryGetNonEnumeratedCount(out var known)) context.Limits.MakeSlots(known);
        var list = new JinjaList(items);
        if (known == 0) context.Limits.MakeSlots(list.Count);
        return list;
    }

    private static object? Join(RenderContext context, object? value, BoundArguments arguments)
    {
        var separator = context.Text(arguments.Or("d", ""));
        var read = Filters.Reader(arguments["attribute"], context.Limits);
        var items = PythonOperators.Items(value, context.Limits);
        context.Limits.MakeSlots(items.Count);
        var texts = items.Select(item => context.Text(read(item))).ToArray();
        context.Limits.Make(texts.Sum(text => (long)text.Length + separator.Length));
        return string.Join(separator, texts);
    }

    /// <summary>What items are compared by: small letters unless case matters.</summary>
    private static Func<object?, object?> Key(BoundArguments arguments, Func<object?, object?> read, RenderLimits limits) => arguments.Flag("case_sensitive") ? read : item =>
    {
        var value = read(item);
        if (value is not string text) return value;
        limits.Make(text.Length);
        return text.ToLowerInvariant();
    };

    /// <summary>Sorting can go by several attributes, separated by commas.</summary>
    private static Func<object?, object?> SortKey(BoundArguments arguments, RenderLimits limits)
    {
        if (arguments["attribute"] is not string attributes || !attributes.Contains(',')) return Key(arguments, Filters.Reader(arguments["attribute"], limits), limits);
        var keys = attributes.Split(',').Select(attribute => Key(arguments, Filters.Reader(attribute.Trim(), limits), limits)).ToArray();
        return item =>
        {
            limits.MakeSlots(keys.Length);
            return new JinjaTuple([.. keys.Select(key => key(item))]);
        };
    }

    private static JinjaList Sort(RenderContext context, IReadOnlyList<object?> items, Func<object?, object?> key, bool reverse)
    {
        var order = Comparer<object?>.Create((left, right) =>
        {
            context.Limits.Spend(4);
            return PythonEquality.AreEqual(left, right, context.Limits) ? 0 : PythonOperators.Compare(left, right, context.Limits);
        });
        context.Limits.MakeObjects(items.Count);
        try
        {
            return Made(context, reverse ? items.OrderByDescending(key, order) : items.OrderBy(key, order));
        }
        catch (InvalidOperationException error) when (error.InnerException is JinjaException cause)
        {
            // The sort wraps what a comparison throws.
            throw new JinjaException(cause.Message);
        }
    }

    private static object? DictSort(RenderContext context, object? value, BoundArguments arguments)
    {
        if (value is not JinjaDict dict) throw new JinjaException("dictsort needs a dictionary");
        var by = arguments.Has("by") ? arguments.Text("by") : "key";
        if (by is not ("key" or "value")) throw new JinjaException("You can only sort by either \"key\" or \"value\"");
        var place = by == "value" ? 1L : 0L;
        return Sort(context, CollectionMethods.Pairs(dict, context.Limits), Key(arguments, pair => PythonOperators.Index(pair, place), context.Limits), arguments.Flag("reverse"));
    }

    private static object? Unique(RenderContext context, object? value, BoundArguments arguments)
    {
        var key = Key(arguments, Filters.Reader(arguments["attribute"], context.Limits), context.Limits);
        var seen = new HashSet<object>(PythonEquality.Instance);
        var none = false;
        return Made(context, PythonOperators.Items(value, context.Limits).Where(item =>
        {
            context.Limits.MakeObjects(1);
            if (key(item) is { } found) return seen.Add(found);
            var isNew = !none;
            none = true;
            return isNew;
        }));
    }

    private static object? Extreme(RenderContext context, object? value, BoundArguments arguments, int sign)
    {
        var key = Key(arguments, Filters.Reader(arguments["attribute"], context.Limits), context.Limits);
        var items = PythonOperators.Items(value, context.Limits);
        if (items.Count == 0) return new JinjaUndefined("No aggregated item, sequence was empty.");
        var (best, bestKey) = (items[0], key(items[0]));
        foreach (var item in items.Skip(1))
        {
            context.Limits.Spend(4);
            var candidate = key(item);
            if (PythonOperators.Compare(candidate, bestKey, context.Limits) * sign > 0) (best, bestKey) = (item, candidate);
        }

        return best;
    }

    private static object? Sum(RenderContext context, object? value, BoundArguments arguments)
    {
        var read = Filters.Reader(arguments["attribute"], context.Limits);
        return PythonOperators.Items(value, context.Limits).Aggregate(arguments.Or("start", 0L), (sum, item) =>
        {
            context.Limits.Spend(100);
            return PythonOperators.Calculate("+", sum, read(item), context);
        });
    }

    private static object? Batch(RenderContext context, object? value, BoundArguments arguments)
    {
        var size = arguments.Integer("linecount");
        if (size < 1) throw new JinjaException("batch needs a positive number");
        var items = PythonOperators.Items(value, context.Limits);
        context.Limits.MakeSlots(items.Count);
        context.Limits.MakeObjects(((long)items.Count / size) + 1);
        var batches = items.Chunk(size).Select(chunk => new JinjaList(chunk)).ToList();
        if (batches.Count > 0 && arguments["fill_with"] is { } fill)
        {
            context.Limits.MakeSlots(size);
            batches[^1].AddRange(Enumerable.Repeat<object?>(fill, size - batches[^1].Count));
        }

        return Made(context, batches);
    }

    private static object? Slice(RenderContext context, object? value, BoundArguments arguments)
    {
        var slices = arguments.Integer("slices");
        if (slices < 1) throw new JinjaException("slice needs a positive number");
        var items = PythonOperators.Items(value, context.Limits);
        context.Limits.MakeSlots(items.Count);
        context.Limits.MakeObjects(slices * 2L);
        var (each, more) = Math.DivRem(items.Count, slices);
        var result = new List<object?>();
        for (int index = 0, start = 0; index < slices; index++)
        {
            var count = each + (index < more ? 1 : 0);
            var slice = new JinjaList(items.Skip(start).Take(count));
            if (index >= more && arguments["fill_with"] is { } fill) slice.Add(fill);
            result.Add(slice);
            start += count;
        }

        return Made(context, result);
    }

    private static object? GroupBy(RenderContext context, object? value, BoundArguments arguments)
    {
        var read = Filters.Reader(arguments["attribute"], context.Limits, arguments["default"]);
        var key = Key(arguments, read, context.Limits);
        var groups = new List<(object? Key, JinjaList Items)>();
        foreach (var item in Sort(context, PythonOperators.Items(value, context.Limits), key, reverse: false))
        {
            context.Limits.MakeObjects(1);
            if (groups.Count == 0 || !PythonEquality.AreEqual(key(groups[^1].Items[0]), key(item), context.Limits)) groups.Add((read(item), new JinjaList([])));
            groups[^1].Items.Add(item);
        }

        return Made(context, groups.Select(group => new JinjaTuple(group.Key, group.Items) { Names = ["grouper", "list"] }));
    }
}
