namespace R1Lab.Engine.Tokenization.Jinja;

internal sealed class ForStatement(int line, AssignmentTarget target, Expression sequence, Expression? condition, IReadOnlyList<Statement> body, IReadOnlyList<Statement> otherwise)
    : Statement(line)
{
    protected override Flow Run(RenderContext context)
    {
        var items = Filtered(PythonOperators.Items(sequence.Evaluate(context), context.Limits), context);
        if (items.Count == 0) return RunAll(otherwise, context);
        var loop = new LoopState(items);
        for (loop.Index = 0; loop.Index < items.Count; loop.Index++)
        {
            context.Limits.Step();
            var flow = context.InScope(new Scope(context.Scope), () => RunBody(loop, context));
            if (flow == Flow.Break) break;
        }

        return Flow.Next;
    }

    private Flow RunBody(LoopState loop, RenderContext context)
    {
        target.Assign(loop.Items[loop.Index], context);
        context.Scope.Set("loop", loop);
        return RunAll(body, context);
    }

    private IReadOnlyList<object?> Filtered(IReadOnlyList<object?> items, RenderContext context)
    {
        if (condition is null) return items;
        context.Limits.MakeSlots(items.Count);
        return context.InScope(new Scope(context.Scope), () => items.Where(item =>
        {
            context.Limits.Step();
            target.Assign(item, context);
            return PythonOperators.Truth(condition.Evaluate(context));
        }).ToArray());
    }
}

/// <summary>The variable <c>loop</c>.</summary>
internal sealed class LoopState(IReadOnlyList<object?> items)
{
    private object? _lastChanged = new JinjaUndefined("");

    public IReadOnlyList<object?> Items => items;

    public int Index { get; set; }

    public bool Find(string name, out object? member)
    {
        member = name switch
        {
            "index" => (long)Index + 1,
            "index0" => (long)Index,
            "revindex" => (long)items.Count - Index,
            "revindex0" => (long)items.Count - Index - 1,
            "first" => Index == 0,
            "last" => Index == items.Count - 1,
            "length" => (long)items.Count,
            "depth" => 1L,
            "depth0" => 0L,
            "previtem" => Index > 0 ? items[Index - 1] : new JinjaUndefined("there is no previous item"),
            "nextitem" => Index + 1 < items.Count ? items[Index + 1] : new JinjaUndefined("there is no next item"),
            "cycle" => new BoundMethod(new BuiltIn("cycle", "*", Cycle), this),
            "changed" => new BoundMethod(new BuiltIn("changed", "*", Changed), this),
            _ => new JinjaUndefined($"loop has no attribute '{name}'"),
        };
        return true;
    }

    private object? Cycle(RenderContext context, object? owner, BoundArguments arguments)
    {
        var values = arguments.Raw.Places;
        return values.Count > 0 ? values[Index % values.Count] : throw new JinjaException("cycle needs values");
    }

    private object? Changed(RenderContext context, object? owner, BoundArguments arguments)
    {
        var values = new JinjaTuple(arguments.Raw.Places);
        if (PythonEquality.AreEqual(values, _lastChanged, context.Limits)) return false;
        _lastChanged = values;
        return true;
    }
}
