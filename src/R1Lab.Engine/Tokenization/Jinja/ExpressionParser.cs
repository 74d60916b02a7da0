using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text;

namespace R1Lab.Engine.Tokenization.Jinja;

/// <summary>Jinja's expression grammar, from the loosest binding (inline if) to the tightest (names and literals).</summary>
internal sealed class ExpressionParser(TokenCursor tokens)
{
    private static readonly string[] Comparisons = ["==", "!=", "<", "<=", ">", ">="];

    /// <summary>An expression; with a comma it is a tuple, as in <c>set a, b = 1, 2</c>.</summary>
    public Expression ParseTuple(bool withConditional = true)
    {
        var first = Parse(withConditional);
        if (!tokens.Current.IsOperator(",")) return first;
        var items = new List<Expression> { first };
        while (tokens.TryTakeOperator(",") && StartsExpression()) items.Add(Parse(withConditional));
        return new TupleDisplay(items);
    }

    public Expression Parse(bool withConditional = true)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        var value = Or();
        while (withConditional && tokens.TryTakeName("if"))
        {
            var condition = Or();
            value = new Conditional(condition, value, tokens.TryTakeName("else") ? Parse() : null);
        }

        return value;
    }

    /// <summary>The filters of a block: <c>name | name(…)</c>, to be applied to its text.</summary>
    public Func<Expression, Expression> ParseFilters()
    {
        var filters = new List<(string Name, ArgumentList Arguments)>();
        do filters.Add((DottedName(), tokens.Current.IsOperator("(") ? Arguments() : ArgumentList.Empty));
        while (tokens.TryTakeOperator("|"));
        return value => filters.Aggregate(value, (inner, filter) => new FilterCall(inner, filter.Name, filter.Arguments));
    }

    private Expression Or()
    {
        var left = And();
        while (tokens.TryTakeName("or")) left = new Logical(false, left, And());
        return left;
    }

    private Expression And()
    {
        var left = Not();
        while (tokens.TryTakeName("and")) left = new Logical(true, left, Not());
        return left;
    }

    private Expression Not()
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        return tokens.TryTakeName("not") ? new Not(Not()) : Compare();
    }

    private Expression Compare()
    {
        var first = Sum();
        var rest = new List<(string, Expression)>();
        while (ComparisonAhead() is { } operation) rest.Add((operation, Sum()));
        return rest.Count == 0 ? first : new Comparison(first, rest);
    }

    private string? ComparisonAhead()
    {
        var token = tokens.Current;
        if (token.Kind == JinjaTokenKind.Operator && Comparisons.Contains(token.Text)) return tokens.Take().Text;
        if (tokens.TryTakeName("in")) return "in";
        if (!token.IsName("not") || !tokens.Ahead.IsName("in")) return null;
        tokens.Take();
        tokens.Take();
        return "notin";
    }

    private Expression Sum()
    {
        var left = Concatenated();
        while (tokens.Current.IsOperator("+") || tokens.Current.IsOperator("-")) left = new Calculation(tokens.Take().Text, left, Concatenated());
        return left;
    }

    private Expression Concatenated()
    {
        var parts = new List<Expression> { Product() };
        while (tokens.TryTakeOperator("~")) parts.Add(Product());
        return parts.Count == 1 ? parts[0] : new Concatenation(parts);
    }

    private Expression Product()
    {
        var left = Power();
        while (tokens.Current.Kind == JinjaTokenKind.Operator && tokens.Current.Text is "*" or "/" or "//" or "%") left = new Calculation(tokens.Take().Text, left, Power());
        return left;
    }

    private Expression Power()
    {
        var left = Unary(withFilters: true);
        while (tokens.TryTakeOperator("**")) left = new Calculation("**", left, Unary(withFilters: true));
        return left;
    }

    private Expression Unary(bool withFilters)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        Expression value;
        if (tokens.TryTakeOperator("-")) value = new Negation(Unary(withFilters: false), minus: true);
        else if (tokens.TryTakeOperator("+")) value = new Negation(Unary(withFilters: false), minus: false);
        else value = Primary();
        value = Postfix(value);
        return withFilters ? Filtered(value) : value;
    }

    private Expression Primary()
    {
        var token = tokens.Take();
        switch (token.Kind)
        {
            case JinjaTokenKind.Name:
                return Named(token.Text);
            case JinjaTokenKind.String:
                return new Constant(Adjacent(token.Text));
            case JinjaTokenKind.Integer:
                return new Constant(Whole(token));
            case JinjaTokenKind.Float:
                return new Constant(double.Parse(token.Text, NumberStyles.Float, CultureInfo.InvariantCulture));
            default:
                return token.Kind != JinjaTokenKind.Operator ? throw Unexpected(token) : token.Text switch
                {
                    "(" => Parenthesized(),
                    "[" => new ListDisplay(Items("]")),
                    "{" => new DictDisplay(DictMembers()),
                    _ => throw Unexpected(token),
                };
        }
    }

    /// <summary>Literals that follow each other are one text.</summary>
    private string Adjacent(string first)
    {
        if (tokens.Current.Kind != JinjaTokenKind.String) return first;
        var text = new StringBuilder(first);
        while (tokens.Current.Kind == JinjaTokenKind.String) text.Append(tokens.Take().Text);
        return text.ToString();
    }

    private static ChatTemplateException Unexpected(JinjaToken token) => new(token.Line, $"unexpected {token}");

    private static Expression Named(string name) => name switch
    {
        "true" or "True" => new Constant(true),
        "false" or "False" => new Constant(false),
        "none" or "None" => new Constant(null),
        _ => new Variable(name),
    };

    private static object Whole(JinjaToken token)
    {
        var text = token.Text.Replace("_", "", StringComparison.Ordinal);
        if (text is not ['0', 'x' or 'X' or 'o' or 'O' or 'b' or 'B', ..])
        {
            return text.Length <= 5000 ? PythonNumber.Parse(text) : throw new ChatTemplateException(token.Line, "a number is too large");
        }

        var (digits, radix) = (text[2..], text[1] switch { 'x' or 'X' => 16, 'o' or 'O' => 8, _ => 2 });
        var value = BigInteger.Zero;
        foreach (var digit in digits)
        {
            var number = Convert.ToInt32(digit.ToString(), 16);
            if (number >= radix || digits.Length > 1000) throw new ChatTemplateException(token.Line, $"{token.Text} is no number");
            value = (value * radix) + number;
        }

        return PythonNumber.Normalize(value);
    }

    private Expression Parenthesized()
    {
        if (tokens.TryTakeOperator(")")) return new TupleDisplay([]);
        var value = ParseTuple();
        tokens.ExpectOperator(")");
        return value;
    }

    private List<Expression> Items(string close)
    {
        var items = new List<Expression>();
        while (!tokens.TryTakeOperator(close))
        {
            if (items.Count > 0)
            {
                tokens.ExpectOperator(",");
                if (tokens.TryTakeOperator(close)) break;
            }

            items.Add(Parse());
        }

        return items;
    }

    private List<(Expression Key, Expression Value)> DictMembers()
    {
        var members = new List<(Expression, Expression)>();
        while (!tokens.TryTakeOperator("}"))
        {
            if (members.Count > 0)
            {
                tokens.ExpectOperator(",");
                if (tokens.TryTakeOperator("}")) break;
            }

            var key = Parse();
            tokens.ExpectOperator(":");
            members.Add((key, Parse()));
        }

        return members;
    }

    private Expression Postfix(Expression value)
    {
        while (true)
        {
            if (tokens.TryTakeOperator(".")) value = AfterDot(value);
            else if (tokens.TryTakeOperator("[")) value = Subscript(value);
            else if (tokens.Current.IsOperator("(")) value = new Call(value, Arguments());
            else return value;
        }
    }

    private Expression Filtered(Expression value)
    {
        while (true)
        {
            if (tokens.TryTakeOperator("|")) value = new FilterCall(value, DottedName(), tokens.Current.IsOperator("(") ? Arguments() : ArgumentList.Empty);
            else if (tokens.TryTakeName("is")) value = Test(value);
            else if (tokens.Current.IsOperator("(")) value = new Call(value, Arguments());
            else return value;
        }
    }

    private Expression AfterDot(Expression owner)
    {
        var token = tokens.Take();
        return token.Kind switch
        {
            JinjaTokenKind.Name => new MemberAccess(owner, token.Text),
            JinjaTokenKind.Integer => new IndexAccess(owner, new Constant(Whole(token))),
            _ => throw new ChatTemplateException(token.Line, $"expected a name after the dot, found {token}"),
        };
    }

    private Expression Subscript(Expression owner)
    {
        var bounds = new Expression?[3];
        var part = 0;
        while (!tokens.Current.IsOperator("]"))
        {
            if (tokens.TryTakeOperator(":"))
            {
                if (++part > 2) throw tokens.Wrong("a slice has at most three parts");
                continue;
            }

            if (bounds[part] is not null) throw tokens.Wrong($"expected ']', found {tokens.Current}");
            bounds[part] = part == 0 ? ParseTuple() : Parse();
        }

        tokens.ExpectOperator("]");
        if (part > 0) return new SliceAccess(owner, bounds[0], bounds[1], bounds[2]);
        return bounds[0] is { } key ? new IndexAccess(owner, key) : throw tokens.Wrong("expected an index");
    }

    private Expression Test(Expression value)
    {
        var negated = tokens.TryTakeName("not");
        var name = DottedName();
        var arguments = ArgumentList.Empty;
        if (tokens.Current.IsOperator("(")) arguments = Arguments();
        else if (StartsTestArgument()) arguments = new ArgumentList([(ArgumentKind.Place, "", Postfix(Primary()))]);
        return new TestCall(value, name, arguments, negated);
    }

    private bool StartsTestArgument() => tokens.Current.Kind switch
    {
        JinjaTokenKind.String or JinjaTokenKind.Integer or JinjaTokenKind.Float => true,
        JinjaTokenKind.Name when tokens.Current.Text == "is" => throw tokens.Wrong("tests cannot be chained with is"),
        JinjaTokenKind.Name => tokens.Current.Text is not ("else" or "or" or "and" or "if" or "not" or "in"),
        JinjaTokenKind.Operator => tokens.Current.Text is "[" or "{",
        _ => false,
    };

    private string DottedName()
    {
        var name = new StringBuilder(tokens.Expect(JinjaTokenKind.Name, "a name").Text);
        while (tokens.TryTakeOperator(".")) name.Append('.').Append(tokens.Expect(JinjaTokenKind.Name, "a name").Text);
        return name.ToString();
    }

    private ArgumentList Arguments()
    {
        tokens.ExpectOperator("(");
        var arguments = new List<(ArgumentKind, string, Expression)>();
        var named = false;
        while (!tokens.TryTakeOperator(")"))
        {
            if (arguments.Count > 0)
            {
                tokens.ExpectOperator(",");
                if (tokens.TryTakeOperator(")")) break;
            }

            var argument = Argument(named);
            named |= argument.Item1 == ArgumentKind.Name;
            arguments.Add(argument);
        }

        return new ArgumentList(arguments);
    }

    private (ArgumentKind, string, Expression) Argument(bool afterName)
    {
        if (tokens.TryTakeOperator("**")) return (ArgumentKind.Names, "", Parse());
        if (tokens.TryTakeOperator("*")) return (ArgumentKind.Places, "", Parse());
        if (tokens.Current.Kind == JinjaTokenKind.Name && tokens.Ahead.IsOperator("="))
        {
            var name = tokens.Take().Text;
            tokens.Take();
            return (ArgumentKind.Name, name, Parse());
        }

        return afterName ? throw tokens.Wrong("an argument without a name follows one with a name") : (ArgumentKind.Place, "", Parse());
    }

    private bool StartsExpression() => tokens.Current.Kind switch
    {
        JinjaTokenKind.VariableEnd or JinjaTokenKind.BlockEnd or JinjaTokenKind.End => false,
        JinjaTokenKind.Operator => tokens.Current.Text is not (")" or "]" or "}" or "=" or ":"),
        JinjaTokenKind.Name => tokens.Current.Text is not ("in" or "if" or "recursive"),
        _ => true,
    };
}
