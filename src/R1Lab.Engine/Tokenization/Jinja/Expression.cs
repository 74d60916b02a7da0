using System.Runtime.CompilerServices;

namespace R1Lab.Engine.Tokenization.Jinja;

/// <summary>A part of a template that has a value.</summary>
internal abstract class Expression
{
    public object? Evaluate(RenderContext context)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        context.Limits.Check();
        return Value(context);
    }

    protected abstract object? Value(RenderContext context);
}

internal sealed class Constant(object? value) : Expression
{
    public object? Held => value;

    protected override object? Value(RenderContext context) => value;
}

internal sealed class Variable(string name) : Expression
{
    public string Name => name;

    protected override object? Value(RenderContext context) => context.Scope.TryGet(name, out var value) ? value : new JinjaUndefined($"'{name}' is undefined");
}

internal sealed class ListDisplay(IReadOnlyList<Expression> items) : Expression
{
    protected override object? Value(RenderContext context)
    {
        context.Limits.MakeSlots(items.Count);
        return new JinjaList(items.Select(item => item.Evaluate(context)));
    }
}

internal sealed class TupleDisplay(IReadOnlyList<Expression> items) : Expression
{
    public IReadOnlyList<Expression> Items => items;

    protected override object? Value(RenderContext context)
    {
        context.Limits.MakeSlots(items.Count);
        return new JinjaTuple([.. items.Select(item => item.Evaluate(context))]);
    }
}

internal sealed class DictDisplay(IReadOnlyList<(Expression Key, Expression Value)> members) : Expression
{
    protected override object? Value(RenderContext context)
    {
        context.Limits.MakeObjects(members.Count * 2L);
        var dict = new JinjaDict();
        foreach (var (key, value) in members)
        {
            var name = key.Evaluate(context) ?? throw new JinjaException("None cannot be a dictionary key here");
            ((OrderedDictionary<object, object?>)dict)[name] = value.Evaluate(context);
        }

        return dict;
    }
}

internal sealed class Calculation(string operation, Expression left, Expression right) : Expression
{
    protected override object? Value(RenderContext context) => PythonOperators.Calculate(operation, left.Evaluate(context), right.Evaluate(context), context);
}

/// <summary>The <c>~</c> operator: everything as text.</summary>
internal sealed class Concatenation(IReadOnlyList<Expression> parts) : Expression
{
    protected override object? Value(RenderContext context)
    {
        var texts = parts.Select(part => context.Text(part.Evaluate(context))).ToArray();
        context.Limits.Make(texts.Sum(text => (long)text.Length));
        return string.Concat(texts);
    }
}

internal sealed class Negation(Expression operand, bool minus) : Expression
{
    protected override object? Value(RenderContext context) => operand.Evaluate(context) switch
    {
        JinjaUndefined missing => throw new JinjaException(missing.Reason),
        var value when PythonNumber.IsNumber(value) => minus ? PythonNumber.Negate(value!) : value,
        var value => throw new JinjaException($"bad operand type for unary {(minus ? '-' : '+')}: '{PythonText.TypeName(value)}'"),
    };
}

internal sealed class Not(Expression operand) : Expression
{
    protected override object? Value(RenderContext context) => !PythonOperators.Truth(operand.Evaluate(context));
}

/// <summary><c>and</c> and <c>or</c> give the value that decided, as in Python.</summary>
internal sealed class Logical(bool isAnd, Expression left, Expression right) : Expression
{
    protected override object? Value(RenderContext context)
    {
        var first = left.Evaluate(context);
        return PythonOperators.Truth(first) == isAnd ? right.Evaluate(context) : first;
    }
}

internal sealed class Comparison(Expression first, IReadOnlyList<(string Operation, Expression Operand)> rest) : Expression
{
    protected override object? Value(RenderContext context)
    {
        var left = first.Evaluate(context);
        foreach (var (operation, operand) in rest)
        {
            var right = operand.Evaluate(context);
            if (!PythonOperators.Holds(operation, left, right, context.Limits)) return false;
            left = right;
        }

        return true;
    }
}

internal sealed class Conditional(Expression condition, Expression then, Expression? otherwise) : Expression
{
    protected override object? Value(RenderContext context)
    {
        if (PythonOperators.Truth(condition.Evaluate(context))) return then.Evaluate(context);
        return otherwise is null ? new JinjaUndefined("the inline if-expression was false and has no else") : otherwise.Evaluate(context);
    }
}

/// <summary><c>value.name</c>: a method or attribute first, then a key.</summary>
internal sealed class MemberAccess(Expression owner, string name) : Expression
{
    public Expression Owner => owner;

    public string Name => name;

    protected override object? Value(RenderContext context)
    {
        var value = owner.Evaluate(context);
        return Members.Find(value, name, out var member) ? member : PythonOperators.Index(value, name);
    }
}

/// <summary><c>value[key]</c>: a key first, then an attribute of that name.</summary>
internal sealed class IndexAccess(Expression owner, Expression key) : Expression
{
    protected override object? Value(RenderContext context)
    {
        var value = owner.Evaluate(context);
        var at = key.Evaluate(context);
        var element = PythonOperators.Index(value, at);
        return element is JinjaUndefined && at is string name && !(value is JinjaDict dict && dict.ContainsKey(name)) && Members.Find(value, name, out var member) ? member : element;
    }
}

internal sealed class SliceAccess(Expression owner, Expression? start, Expression? stop, Expression? step) : Expression
{
    protected override object? Value(RenderContext context) => PythonOperators.Slice(
        owner.Evaluate(context), start?.Evaluate(context), stop?.Evaluate(context), step?.Evaluate(context), context.Limits);
}

internal sealed class Call(Expression callee, ArgumentList arguments) : Expression
{
    protected override object? Value(RenderContext context) => Invoke(context, null);

    /// <summary>Calls with one more named argument, for call-blocks.</summary>
    public object? Invoke(RenderContext context, JinjaCallable? caller)
    {
        context.Limits.Step();
        return callee.Evaluate(context) switch
        {
            JinjaCallable function => function.Call(context, arguments.Evaluate(context, caller)),
            JinjaUndefined missing => throw new JinjaException(missing.Reason),
            var other => throw new JinjaException($"'{PythonText.TypeName(other)}' object is not callable"),
        };
    }
}

internal sealed class FilterCall(Expression value, string name, ArgumentList arguments) : Expression
{
    protected override object? Value(RenderContext context)
    {
        context.Limits.Step();
        var filter = Filters.Table.Find(name) ?? throw new JinjaException($"there is no filter named '{name}'");
        return filter.Call(context, value.Evaluate(context), arguments.Evaluate(context));
    }
}

internal sealed class TestCall(Expression value, string name, ArgumentList arguments, bool negated) : Expression
{
    protected override object? Value(RenderContext context)
    {
        var test = Tests.Table.Find(name) ?? throw new JinjaException($"there is no test named '{name}'");
        return PythonOperators.Truth(test.Call(context, value.Evaluate(context), arguments.Evaluate(context))) != negated;
    }
}
