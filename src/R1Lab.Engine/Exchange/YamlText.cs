using System.Text;
using System.Text.Json.Nodes;
using R1Lab.Engine.Training;

namespace R1Lab.Engine.Exchange;

/// <summary>Settings as YAML, a line each, in sections.</summary>
internal sealed class YamlText
{
    private readonly StringBuilder _text = new();

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
        _text.Append(name).Append(": ").Append(LiteralText.Yaml(value)).Append('\n');
        return this;
    }

    public YamlText AddUnlessNull(string name, JsonNode? value) => value is null ? this : Add(name, value);

    public override string ToString() => _text.ToString();
}
