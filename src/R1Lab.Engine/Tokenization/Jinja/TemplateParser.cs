using System.Runtime.CompilerServices;

namespace R1Lab.Engine.Tokenization.Jinja;

/// <summary>Jinja's statements. Tags that reach outside the template (include, import, extends) and inheritance are not part of the subset.</summary>
internal sealed class TemplateParser
{
    private readonly TokenCursor _tokens;
    private readonly ExpressionParser _expressions;
    private int _loops;

    private TemplateParser(TokenCursor tokens)
    {
        _tokens = tokens;
        _expressions = new ExpressionParser(tokens);
    }

    /// <exception cref="ChatTemplateException">The source is no template of the subset; the message has the line.</exception>
    public static IReadOnlyList<Statement> Parse(string source)
    {
        var parser = new TemplateParser(new TokenCursor(JinjaLexer.Read(source)));
        var statements = parser.Body();
        if (parser._tokens.Current.Kind == JinjaTokenKind.End) return statements;
        throw parser._tokens.Wrong($"unexpected tag {parser._tokens.Current}");
    }

    /// <summary>Statements up to a tag of one of these names, which is then next, or to the end of the template when there are none.</summary>
    private List<Statement> Body(params string[] ends)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        var statements = new List<Statement>();
        while (true)
        {
            var token = _tokens.Current;
            switch (token.Kind)
            {
                case JinjaTokenKind.End:
                    return ends.Length == 0 ? statements : throw _tokens.Wrong($"the template ends where {string.Join(" or ", ends)} is missing");
                case JinjaTokenKind.Data:
                    statements.Add(new TextOutput(token.Line, _tokens.Take().Text));
                    break;
                case JinjaTokenKind.VariableBegin:
                    _tokens.Take();
                    statements.Add(new ExpressionOutput(token.Line, _expressions.ParseTuple()));
                    _tokens.Expect(JinjaTokenKind.VariableEnd, "'}}'");
                    break;
                default:
                    _tokens.Take();
                    if (ends.Contains(_tokens.Current.Text)) return statements;
                    statements.Add(Tag());
                    break;
            }
        }
    }

    /// <summary>The body of a tag, with its end tag.</summary>
    private List<Statement> BodyTo(string end)
    {
        EndTag();
        var body = Body(end);
        _tokens.Take();
        EndTag();
        return body;
    }

    private void EndTag() => _tokens.Expect(JinjaTokenKind.BlockEnd, "'%}'");

    private Statement Tag()
    {
        var name = _tokens.Expect(JinjaTokenKind.Name, "the name of a tag");
        return name.Text switch
        {
            "if" => If(name.Line),
            "for" => For(name.Line),
            "set" => Set(name.Line),
            "break" => Control(name.Line, Flow.Break),
            "continue" => Control(name.Line, Flow.Continue),
            "macro" => Macro(name.Line),
            "call" => CallTag(name.Line),
            "filter" => Filter(name.Line),
            "with" => With(name.Line),
            "generation" => new GenerationBlock(name.Line, BodyTo("endgeneration")),
            _ => throw new ChatTemplateException(name.Line, $"unknown tag '{name.Text}'"),
        };
    }

    private IfStatement If(int line)
    {
        var branches = new List<(Expression?, IReadOnlyList<Statement>)>();
        Expression? condition = _expressions.ParseTuple(withConditional: false);
        while (true)
        {
            EndTag();
            branches.Add((condition, condition is null ? Body("endif") : Body("elif", "else", "endif")));
            var end = _tokens.Take().Text;
            if (end == "endif") break;
            condition = end == "elif" ? _expressions.ParseTuple(withConditional: false) : null;
        }

        EndTag();
        return new IfStatement(line, branches);
    }

    private ForStatement For(int line)
    {
        var target = Target(withMembers: false);
        if (!_tokens.TryTakeName("in")) throw _tokens.Wrong($"expected 'in', found {_tokens.Current}");
        var sequence = _expressions.ParseTuple(withConditional: false);
        var condition = _tokens.TryTakeName("if") ? _expressions.Parse() : null;
        if (_tokens.Current.IsName("recursive")) throw _tokens.Wrong("recursive loops are not supported");
        EndTag();
        _loops++;
        var body = Body("endfor", "else");
        _loops--;
        IReadOnlyList<Statement> otherwise = [];
        if (_tokens.Take().Text == "else")
        {
            EndTag();
            otherwise = Body("endfor");
            _tokens.Take();
        }

        EndTag();
        return new ForStatement(line, target, sequence, condition, body, otherwise);
    }

    private LoopControl Control(int line, Flow flow)
    {
        if (_loops == 0) throw new ChatTemplateException(line, $"{flow.ToString().ToLowerInvariant()} outside of a loop");
        EndTag();
        return new LoopControl(line, flow);
    }

    private Statement Set(int line)
    {
        var target = Target(withMembers: true);
        if (_tokens.TryTakeOperator("="))
        {
            var value = _expressions.ParseTuple();
            EndTag();
            return new SetStatement(line, target, value);
        }

        var filters = _tokens.TryTakeOperator("|") ? _expressions.ParseFilters() : value => value;
        return new SetBlock(line, target, Inner("endset"), filters);
    }

    private MacroStatement Macro(int line)
    {
        var name = _tokens.Expect(JinjaTokenKind.Name, "the name of the macro").Text;
        var parameters = Parameters();
        return new MacroStatement(line, name, parameters, Inner("endmacro"));
    }

    private CallBlock CallTag(int line)
    {
        var parameters = _tokens.Current.IsOperator("(") ? Parameters() : [];
        if (_expressions.Parse() is not Call call) throw new ChatTemplateException(line, "expected a call");
        return new CallBlock(line, call, parameters, Inner("endcall"));
    }

    private FilterBlock Filter(int line)
    {
        var filters = _expressions.ParseFilters();
        return new FilterBlock(line, Inner("endfilter"), filters);
    }

    private WithStatement With(int line)
    {
        var variables = new List<(AssignmentTarget, Expression)>();
        while (_tokens.Current.Kind != JinjaTokenKind.BlockEnd)
        {
            if (variables.Count > 0) _tokens.ExpectOperator(",");
            var target = SingleTarget(withMembers: false);
            _tokens.ExpectOperator("=");
            variables.Add((target, _expressions.Parse()));
        }

        return new WithStatement(line, variables, BodyTo("endwith"));
    }

    /// <summary>A body whose output is caught: a loop around it cannot be left from inside.</summary>
    private List<Statement> Inner(string end)
    {
        var loops = _loops;
        _loops = 0;
        var body = BodyTo(end);
        _loops = loops;
        return body;
    }

    private List<(string Name, Expression? Otherwise)> Parameters()
    {
        var parameters = new List<(string, Expression?)>();
        var hasDefaults = false;
        _tokens.ExpectOperator("(");
        while (!_tokens.TryTakeOperator(")"))
        {
            if (parameters.Count > 0) _tokens.ExpectOperator(",");
            var name = _tokens.Expect(JinjaTokenKind.Name, "the name of a parameter").Text;
            var otherwise = _tokens.TryTakeOperator("=") ? _expressions.Parse() : null;
            if (otherwise is null && hasDefaults) throw _tokens.Wrong("a parameter without a default follows one with a default");
            hasDefaults |= otherwise is not null;
            parameters.Add((name, otherwise));
        }

        return parameters;
    }

    private AssignmentTarget Target(bool withMembers)
    {
        var first = SingleTarget(withMembers);
        if (!_tokens.Current.IsOperator(",")) return first;
        var parts = new List<AssignmentTarget> { first };
        while (_tokens.TryTakeOperator(",") && (_tokens.Current.Kind == JinjaTokenKind.Name || _tokens.Current.IsOperator("("))) parts.Add(SingleTarget(withMembers));
        return new TupleTarget(parts);
    }

    private AssignmentTarget SingleTarget(bool withMembers)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        if (_tokens.TryTakeOperator("("))
        {
            var inner = Target(withMembers);
            _tokens.ExpectOperator(")");
            return inner;
        }

        var name = _tokens.Expect(JinjaTokenKind.Name, "a name").Text;
        if (name is "true" or "false" or "none" or "True" or "False" or "None") throw _tokens.Wrong($"cannot assign to '{name}'");
        if (!withMembers || !_tokens.TryTakeOperator(".")) return new NameTarget(name);
        return new NamespaceTarget(name, _tokens.Expect(JinjaTokenKind.Name, "a name after the dot").Text);
    }
}
