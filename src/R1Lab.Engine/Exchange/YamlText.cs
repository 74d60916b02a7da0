using System.Text;
using System.Text.Json.Nodes;
using R1Lab.Engine.Training;

namespace R1Lab.Engine.Exchange;

/// <summary>Settings as YAML, a line each, in sections.</summary>
internal sealed class YamlText
{
    private readonly StringBuilder _text = new();
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);

    /// <summary>The settings that were written.</summary>
    public IReadOnlySet<string> Names => _names;

    public YamlText Comment(string text)
    {
        _text.Append("# ").Append(text).Append('\n');
        return this;
    }

    public YamlText Section(string name)
    {
        if (_text.Length > 0) _text.Append('\n');
        _text.Append("### ").Append(name).Append('\n');
        return this;
    }

    public YamlText Add(string name, JsonNode? value)
    {
        _names.Add(name);
        _text.Append(name).Append(": ").Append(LiteralText.Yaml(value)).Append('\n');
        return this;
    }

    public YamlText AddUnlessNull(string name, JsonNode? value) => value is null ? this : Add(name, value);

    public YamlText AddAll(IEnumerable<(string Name, JsonNode? Value)> settings)
    {
        foreach (var (name, value) in settings) Add(name, value);
        return this;
    }

    public override string ToString() => _text.ToString();
}
