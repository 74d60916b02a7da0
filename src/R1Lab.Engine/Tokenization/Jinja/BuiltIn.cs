using System.Numerics;

namespace R1Lab.Engine.Tokenization.Jinja;

/// <summary>Arguments of a built-in, bound to the names of its parameters.</summary>
internal sealed class BoundArguments(string function, Dictionary<string, object?> values, CallArguments raw)
{
    /// <summary>As they were given; for built-ins that take any.</summary>
    public CallArguments Raw => raw;

    public object? this[string name] => values.TryGetValue(name, out var value) ? value : null;

    public bool Has(string name) => values.ContainsKey(name);

    public object? Or(string name, object? otherwise) => values.TryGetValue(name, out var value) ? value : otherwise;

    public string Text(string name) => this[name] as string ?? throw new JinjaException($"{function}: {name} must be a string");

    public bool Flag(string name) => Has(name) && PythonOperators.Truth(this[name]);

    public int Integer(string name, int otherwise = 0) => Or(name, (long)otherwise) switch
    {
        long number => (int)Math.Clamp(number, int.MinValue, int.MaxValue),
        BigInteger number => number.Sign < 0 ? int.MinValue : int.MaxValue,
        bool flag => flag ? 1 : 0,
        null => otherwise,
        _ => throw new JinjaException($"{function}: {name} must be a whole number"),
    };
}

/// <summary>A filter, test, method or function of the interpreter: a value (what stands before the bar or the dot) and arguments to a result.</summary>
internal sealed class BuiltIn
{
    private readonly string _name;
    private readonly string[] _parameters;
    private readonly int _required;
    private readonly bool _takesAny;
    private readonly Func<RenderContext, object?, BoundArguments, object?> _body;

    /// <param name="name">For messages.</param>
    /// <param name="signature">Parameter names; those that may be left out end with a question mark; <c>*</c> for any.</param>
    /// <param name="body">Context, value and arguments to the result.</param>
    public BuiltIn(string name, string signature, Func<RenderContext, object?, BoundArguments, object?> body)
    {
        var parameters = signature.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        _name = name;
        _takesAny = signature == "*";
        _parameters = [.. parameters.Select(parameter => parameter.TrimEnd('?'))];
        _required = _takesAny ? 0 : parameters.Count(parameter => !parameter.EndsWith('?'));
        _body = body;
    }

    public object? Call(RenderContext context, object? value, CallArguments arguments) => _body(context, value, Bind(arguments));

    private BoundArguments Bind(CallArguments arguments)
    {
        var values = new Dictionary<string, object?>(StringComparer.Ordinal);
        if (_takesAny) return new BoundArguments(_name, values, arguments);
        if (arguments.Places.Count > _parameters.Length) throw new JinjaException($"{_name} takes at most {_parameters.Length} arguments");
        for (var index = 0; index < arguments.Places.Count; index++) values[_parameters[index]] = arguments.Places[index];
        foreach (var (name, value) in arguments.Names)
        {
            if (!_parameters.Contains(name)) throw new JinjaException($"{_name} has no argument {name}");
            if (!values.TryAdd(name, value)) throw new JinjaException($"{_name} got {name} twice");
        }

        foreach (var missing in _parameters.Take(_required))
        {
            if (!values.ContainsKey(missing)) throw new JinjaException($"{_name} needs the argument {missing}");
        }

        return new BoundArguments(_name, values, arguments);
    }
}

/// <summary>A built-in together with the value it belongs to.</summary>
internal sealed class BoundMethod(BuiltIn method, object? owner) : JinjaCallable
{
    public override object? Call(RenderContext context, CallArguments arguments) => method.Call(context, owner, arguments);
}

/// <summary>The built-ins of one kind, by name.</summary>
internal sealed class BuiltInTable
{
    private readonly Dictionary<string, BuiltIn> _entries = new(StringComparer.Ordinal);

    public void Add(string names, string signature, Func<RenderContext, object?, BoundArguments, object?> body)
    {
        foreach (var name in names.Split(' ')) _entries.Add(name, new BuiltIn(name, signature, body));
    }

    public BuiltIn? Find(string name) => _entries.GetValueOrDefault(name);
}
