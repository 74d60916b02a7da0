namespace R1Lab.Engine.Tokenization.Jinja;

/// <summary>
/// A parsed template. Rendering is sandboxed: a template sees the variables it is given and the functions of <see cref="Globals"/>, changes
/// nothing, and is stopped at the bounds of <see cref="RenderLimits"/>.
/// </summary>
internal sealed class JinjaTemplate
{
    /// <summary>A chat template is a few kilobytes; this much source is none.</summary>
    private const int LongestSource = 1 << 20;

    private readonly IReadOnlyList<Statement> _statements;

    private JinjaTemplate(IReadOnlyList<Statement> statements) => _statements = statements;

    /// <exception cref="ChatTemplateException">Not a template of the subset.</exception>
    public static JinjaTemplate Parse(string source)
    {
        if (source.Length > LongestSource) throw new ChatTemplateException($"chat template: longer than {LongestSource} characters");
        return Guarded(() => new JinjaTemplate(TemplateParser.Parse(source)));
    }

    /// <exception cref="ChatTemplateException">The template raised an exception, did what Python refuses, or went beyond the limits.</exception>
    public string Render(Func<IEnumerable<KeyValuePair<string, object?>>> variables, TimeProvider clock) => Guarded(() =>
    {
        var scope = new Scope(Globals.Scope());
        foreach (var (name, value) in variables()) scope.Set(name, value);
        var context = new RenderContext(scope, new RenderLimits(), clock);
        Statement.RunAll(_statements, context);
        return context.Output;
    });

    private static T Guarded<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (JinjaException error)
        {
            throw new ChatTemplateException($"chat template: {error.Message}", error);
        }
        catch (InsufficientExecutionStackException error)
        {
            throw new ChatTemplateException("chat template: nested too deeply", error);
        }
        catch (Exception error) when (error is ArithmeticException or ArgumentException or FormatException or InvalidCastException or InvalidOperationException
            or System.Text.RegularExpressions.RegexMatchTimeoutException or OutOfMemoryException)
        {
            throw new ChatTemplateException($"chat template: a value cannot be used like that ({error.Message})", error);
        }
    }
}
