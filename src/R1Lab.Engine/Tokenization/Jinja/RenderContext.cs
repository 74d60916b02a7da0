using System.Text;

namespace R1Lab.Engine.Tokenization.Jinja;

/// <summary>One rendering under way: variables, the output so far, and what it may still use up.</summary>
internal sealed class RenderContext(Scope variables, RenderLimits limits, TimeProvider clock)
{
    private StringBuilder _output = new();
    private long _outputBytes;

    public Scope Scope { get; private set; } = variables;

    public RenderLimits Limits { get; } = limits;

    public TimeProvider Clock { get; } = clock;

    public string Output => _output.ToString();

    public void Write(string text)
    {
        Limits.Make(text.Length);
        _outputBytes += Encoding.UTF8.GetByteCount(text);
        if (_outputBytes > RenderLimits.MostOutputBytes) throw new JinjaException($"the output is larger than {RenderLimits.MostOutputBytes} bytes");
        _output.Append(text);
    }

    /// <summary>Runs a part in a scope of its own, inside the present one or another.</summary>
    public T InScope<T>(Scope scope, Func<T> part)
    {
        var outer = Scope;
        Scope = scope;
        try
        {
            return part();
        }
        finally
        {
            Scope = outer;
        }
    }

    /// <summary>What the statements write, instead of writing it.</summary>
    public string Capture(IReadOnlyList<Statement> statements, Scope scope)
    {
        var (outer, outerBytes) = (_output, _outputBytes);
        _output = new StringBuilder();
        try
        {
            InScope(scope, () => Statement.RunAll(statements, this));
            return _output.ToString();
        }
        finally
        {
            (_output, _outputBytes) = (outer, outerBytes);
        }
    }

    public string Text(object? value) => PythonText.Of(value, Limits);
}
