namespace R1Lab.Engine.Tokenization.Jinja;

/// <summary>The variables of one block. What a loop, macro or with-block sets is gone after it; an if-block has no scope of its own.</summary>
internal sealed class Scope(Scope? outer)
{
    private readonly Dictionary<string, object?> _variables = new(StringComparer.Ordinal);

    public bool TryGet(string name, out object? value)
    {
        for (var scope = this; scope is not null; scope = scope._outer)
        {
            if (scope._variables.TryGetValue(name, out value)) return true;
        }

        value = null;
        return false;
    }

    public void Set(string name, object? value) => _variables[name] = value;

    private readonly Scope? _outer = outer;
}
