namespace R1Lab.Engine.Tokenization.Jinja;

/// <summary>A macro: parameters, those at the end with defaults, and a body whose output is the value of a call.</summary>
internal sealed class Macro(string name, IReadOnlyList<(string Name, Expression? Otherwise)> parameters, IReadOnlyList<Statement> body, Scope scope) : JinjaCallable
{
    public override object? Call(RenderContext context, CallArguments arguments)
    {
        context.Limits.EnterCall();
        try
        {
            var inside = new Scope(scope);
            Bind(context, arguments, inside);
            return context.Capture(body, inside);
        }
        finally
        {
            context.Limits.LeaveCall();
        }
    }

    public override object? Member(string member) => member switch
    {
        "name" => name,
        "arguments" => new JinjaTuple([.. parameters.Select(parameter => (object?)parameter.Name)]),
        _ => null,
    };

    private void Bind(RenderContext context, CallArguments arguments, Scope inside)
    {
        var given = new Dictionary<string, object?>(arguments.Names, StringComparer.Ordinal);
        var caller = given.Remove("caller", out var block) ? block : new JinjaUndefined("no caller: the macro was not used by a call block");
        inside.Set("caller", caller);
        for (var index = 0; index < parameters.Count; index++)
        {
            var (parameter, otherwise) = parameters[index];
            object? value;
            if (index < arguments.Places.Count) value = arguments.Places[index];
            else if (!given.Remove(parameter, out value)) value = otherwise is null ? new JinjaUndefined($"parameter '{parameter}' was not provided") : context.InScope(inside, () => otherwise.Evaluate(context));
            inside.Set(parameter, value);
        }

        var rest = new JinjaDict();
        foreach (var (extra, value) in given) rest[extra] = value;
        inside.Set("kwargs", rest);
        inside.Set("varargs", new JinjaTuple([.. arguments.Places.Skip(parameters.Count)]));
    }
}

internal sealed class MacroStatement(int line, string name, IReadOnlyList<(string Name, Expression? Otherwise)> parameters, IReadOnlyList<Statement> body) : Statement(line)
{
    protected override Flow Run(RenderContext context)
    {
        context.Scope.Set(name, new Macro(name, parameters, body, context.Scope));
        return Flow.Next;
    }
}

/// <summary><c>call macro(…) … endcall</c>: the macro gets the body as <c>caller()</c>.</summary>
internal sealed class CallBlock(int line, Call call, IReadOnlyList<(string Name, Expression? Otherwise)> parameters, IReadOnlyList<Statement> body) : Statement(line)
{
    protected override Flow Run(RenderContext context)
    {
        context.Write(context.Text(call.Invoke(context, new Macro("caller", parameters, body, context.Scope))));
        return Flow.Next;
    }
}
