namespace R1Lab.Engine.Tokenization.Jinja;

// The values of a template are Python's: null (None), bool, long, BigInteger, double, string, and the kinds below.

/// <summary>A name or member that is not there: prints as nothing, is false and empty, and fails when anything else is done with it.</summary>
internal sealed class JinjaUndefined(string reason)
{
    public string Reason { get; } = reason;
}

internal sealed class JinjaList(IEnumerable<object?> items) : List<object?>(items);

/// <summary>A tuple; the parts may have names, as those of <c>groupby</c> do.</summary>
internal sealed class JinjaTuple(params IReadOnlyList<object?> items)
{
    public IReadOnlyList<object?> Items { get; } = items;

    public IReadOnlyList<string> Names { get; init; } = [];
}

/// <summary>A dictionary that keeps the order of its keys.</summary>
internal sealed class JinjaDict() : OrderedDictionary<object, object?>(PythonEquality.Instance)
{
    public object? this[string key]
    {
        set => base[key] = value;
    }
}

/// <summary>What <c>namespace()</c> makes: the one value whose members a template may set.</summary>
internal sealed class JinjaNamespace
{
    public Dictionary<string, object?> Members { get; } = new(StringComparer.Ordinal);
}

/// <summary>Anything that can be called: a built-in function, a bound method, a macro.</summary>
internal abstract class JinjaCallable
{
    public abstract object? Call(RenderContext context, CallArguments arguments);

    public virtual object? Member(string name) => null;
}
