using System.Runtime.CompilerServices;

namespace R1Lab.Engine.Tokenization.Jinja;

/// <summary>How a statement ended: the next one follows, or the loop around it is left or goes on.</summary>
internal enum Flow { Next, Break, Continue }

/// <summary>A part of a template that does something: writes, sets, repeats.</summary>
internal abstract class Statement(int line)
{
    public int Line => line;

    public static Flow RunAll(IReadOnlyList<Statement> statements, RenderContext context)
    {
        foreach (var statement in statements)
        {
            var flow = statement.RunOne(context);
            if (flow != Flow.Next) return flow;
        }

        return Flow.Next;
    }

    protected abstract Flow Run(RenderContext context);

    private Flow RunOne(RenderContext context)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        try
        {
            context.Limits.Step();
            return Run(context);
        }
        catch (JinjaException error)
        {
            throw new ChatTemplateException(Line, error.Message);
        }
    }
}

internal sealed class TextOutput(int line, string text) : Statement(line)
{
    protected override Flow Run(RenderContext context)
    {
        context.Write(text);
        return Flow.Next;
    }
}

internal sealed class ExpressionOutput(int line, Expression expression) : Statement(line)
{
    protected override Flow Run(RenderContext context)
    {
        context.Write(context.Text(expression.Evaluate(context)));
        return Flow.Next;
    }
}

internal sealed class IfStatement(int line, IReadOnlyList<(Expression? Condition, IReadOnlyList<Statement> Body)> branches) : Statement(line)
{
    protected override Flow Run(RenderContext context)
    {
        foreach (var (condition, body) in branches)
        {
            if (condition is null || PythonOperators.Truth(condition.Evaluate(context))) return RunAll(body, context);
        }

        return Flow.Next;
    }
}

internal sealed class LoopControl(int line, Flow flow) : Statement(line)
{
    protected override Flow Run(RenderContext context) => flow;
}

internal sealed class SetStatement(int line, AssignmentTarget target, Expression value) : Statement(line)
{
    protected override Flow Run(RenderContext context)
    {
        target.Assign(value.Evaluate(context), context);
        return Flow.Next;
    }
}

/// <summary><c>set … endset</c>: what the body writes, through filters.</summary>
internal sealed class SetBlock(int line, AssignmentTarget target, IReadOnlyList<Statement> body, Func<Expression, Expression> filter) : Statement(line)
{
    protected override Flow Run(RenderContext context)
    {
        var text = context.Capture(body, new Scope(context.Scope));
        target.Assign(filter(new Constant(text)).Evaluate(context), context);
        return Flow.Next;
    }
}

internal sealed class FilterBlock(int line, IReadOnlyList<Statement> body, Func<Expression, Expression> filter) : Statement(line)
{
    protected override Flow Run(RenderContext context)
    {
        var text = context.Capture(body, new Scope(context.Scope));
        context.Write(context.Text(filter(new Constant(text)).Evaluate(context)));
        return Flow.Next;
    }
}

internal sealed class WithStatement(int line, IReadOnlyList<(AssignmentTarget Target, Expression Value)> variables, IReadOnlyList<Statement> body) : Statement(line)
{
    protected override Flow Run(RenderContext context)
    {
        var values = variables.Select(variable => variable.Value.Evaluate(context)).ToArray();
        return context.InScope(new Scope(context.Scope), () =>
        {
            for (var index = 0; index < values.Length; index++) variables[index].Target.Assign(values[index], context);
            return RunAll(body, context);
        });
    }
}

/// <summary><c>generation</c>, which Hugging Face uses to mark what the assistant says: it writes its body.</summary>
internal sealed class GenerationBlock(int line, IReadOnlyList<Statement> body) : Statement(line)
{
    protected override Flow Run(RenderContext context) => context.InScope(new Scope(context.Scope), () => RunAll(body, context));
}
