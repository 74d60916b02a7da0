using System.Text.Json.Nodes;
using R1Lab.Engine.Training;

namespace R1Lab.Engine.Exchange;

/// <summary>What names stand for in a script: literals assigned to them, and defaults of options and of fields of classes.</summary>
internal sealed class PythonNames
{
    /// <summary>Pieces of a call that are looked at; more would make calls within calls slow.</summary>
    private const int LongestCall = 500;

    private readonly Dictionary<string, Known> _literals = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Known?> _options = new(StringComparer.Ordinal);
    private readonly IReadOnlyList<PythonToken> _tokens;
    private readonly ImportBudget _budget;

    public PythonNames(IReadOnlyList<PythonToken> tokens, ImportBudget budget)
    {
        (_tokens, _budget) = (tokens, budget);
        for (var at = 0; at < tokens.Count; at++)
        {
            budget.Check();
            if (tokens[at].Value == "add_argument" && At(at + 1).IsMark("(")) Argument(at + 2);
            else if (tokens[at].Kind == PythonTokenKind.Name && IsField(at)) Field(at);
        }
    }

    /// <param name="Value">The literal.</param>
    /// <param name="Option">The option it is the default of; null for none.</param>
    public sealed record Known(JsonNode? Value, string? Option)
    {
        public ValueSize Size { get; } = ValueSize.Of(Value);
    }

    public Known? Find(string name) => _literals.GetValueOrDefault(name);

    /// <summary>The default of an option; null where there is none, or several that differ.</summary>
    public Known? FindOption(string name) => _options.GetValueOrDefault(name);

    /// <summary>A copy of what a name stands for, paid for before it is made.</summary>
    public JsonNode? Copy(Known known)
    {
        _budget.Copy(known.Size);
        return known.Value?.DeepClone();
    }

    public void Remember(string name, JsonNode? value, string? option) => _literals[name] = new(value, option);

    public void Forget(string name) => _literals.Remove(name);

    private PythonToken At(int place) => _tokens[Math.Min(place, _tokens.Count - 1)];

    // parser.add_argument("--lr", type=float, default=2e-4)
    private void Argument(int at)
    {
        var names = new List<string>();
        for (; At(at).Kind == PythonTokenKind.Text; at += At(at + 1).IsMark(",") ? 2 : 1) names.Add(At(at).Value);
        if (names.LastOrDefault(name => name.StartsWith("--", StringComparison.Ordinal)) is { } name) Default(name[2..].Replace('-', '_'), at);
    }

    // lr: float = 2e-4, lr: float = field(default=2e-4), self.lr = 2e-4: at the beginning of a line.
    private bool IsField(int at) =>
        At(at + 1).IsMark(":") && At(at + 2).Kind is PythonTokenKind.Name or PythonTokenKind.Text && BeginsLine(at)
        || _tokens[at].Value == "self" && At(at + 1).IsMark(".") && At(at + 3).IsMark("=") && BeginsLine(at);

    private bool BeginsLine(int at) => at == 0 || _tokens[at - 1].Kind == PythonTokenKind.LineEnd;

    private void Field(int at)
    {
        var name = _tokens[at].Value == "self" ? At(at + 2).Value : _tokens[at].Value;
        while (At(at).Kind is not (PythonTokenKind.LineEnd or PythonTokenKind.End) && !At(at).IsMark("=")) at++;
        if (!At(at).IsMark("=")) return;
        if (At(at + 1).Value == "field" && At(at + 2).IsMark("(")) Default(name, at + 3);
        else if (At(at + 1).Value is not ("Field" or "os")) Put(name, at + 1, place => At(place).Kind == PythonTokenKind.LineEnd);
    }

    // The argument called default, in the call whose arguments begin here.
    private void Default(string name, int at)
    {
        var end = at + LongestCall;
        for (var level = 0; level > 0 || !At(at).IsMark(")"); at++)
        {
            if (at > end || At(at).Kind == PythonTokenKind.End) return;
            if (At(at).IsMark("(") || At(at).IsMark("[") || At(at).IsMark("{")) level++;
            if (At(at).IsMark(")") || At(at).IsMark("]") || At(at).IsMark("}")) level--;
            if (level != 0 || At(at).Value != "default" || !At(at + 1).IsMark("=")) continue;
            Put(name, at + 2, place => At(place).IsMark(",") || At(place).IsMark(")"));
            return;
        }
    }

    // One plain value; two that differ leave open which one is meant.
    private void Put(string name, int at, Func<int, bool> ends)
    {
        var negative = At(at).IsMark("-");
        if (negative) at++;
        if (!ends(at + 1) || !Plain(At(at), negative, out var value)) return;
        _options[name] = _options.TryGetValue(name, out var other) && (other is null || !JsonNode.DeepEquals(other.Value, value)) ? null : new(value, name);
    }

    private static bool Plain(PythonToken token, bool negative, out JsonNode? value)
    {
        value = token.Kind switch
        {
            PythonTokenKind.Text when !token.Computed && !negative => JsonValue.Create(token.Value),
            PythonTokenKind.Number => PythonLiteral.Of(token.Value, negative),
            PythonTokenKind.Name when token.Value is "True" or "False" => JsonValue.Create(token.Value == "True"),
            _ => null,
        };
        return value is not null;
    }
}
