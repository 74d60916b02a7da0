using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using R1Lab.Engine.Training;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using Scalar = YamlDotNet.Core.Events.Scalar;

namespace R1Lab.Engine.Exchange;

/// <summary>
/// Reads a YAML mapping into settings: plain values only. Anchors, aliases and tags are refused (they can blow a small text up or ask for
/// objects to be made), and so is nesting beyond what settings need.
/// </summary>
internal sealed partial class YamlSettings
{
    private const int DeepestNesting = 20;

    private readonly Parser _parser;

    private readonly ImportBudget _budget;

    private YamlSettings(string text, ImportBudget budget) => (_parser, _budget) = (new Parser(new StringReader(text)), budget);

    /// <exception cref="BadInputException">Not a YAML mapping (the line is named), or more than the budget allows.</exception>
    public static IReadOnlyList<Setting> Read(string text, ImportBudget budget)
    {
        var reader = new YamlSettings(text, budget);
        try
        {
            return reader.Document();
        }
        catch (YamlException e)
        {
            throw Wrong((int)e.Start.Line, "yaml_broken", $"{e.InnerException?.Message ?? e.Message}");
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException or IndexOutOfRangeException)
        {
            // The scanner has not foreseen every broken text.
            throw Wrong(reader._parser.Current is { } last ? Line(last) : 1, "yaml_none", $"this is not YAML");
        }
    }

    private static BadInputException Wrong(int line, string code, FormattableString reason) =>
        new("YAML", string.Create(CultureInfo.InvariantCulture, $"line {line}"), code, reason);

    private List<Setting> Document()
    {
        _parser.Consume<StreamStart>();
        if (!_parser.TryConsume<DocumentStart>(out _) || !_parser.TryConsume<MappingStart>(out var start)) throw Wrong(1, "yaml_no_list", $"the text is not a list of settings (name: value)");
        Check(start);
        var settings = new List<Setting>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            var name = Name();
            if (!names.Add(name.Value)) throw Wrong(Line(name), "yaml_twice", $"{name.Value} stands here for the second time");
            settings.Add(new Setting(name.Value, Value(1), Line(name)));
        }

        _parser.Consume<DocumentEnd>();
        if (_parser.TryConsume<DocumentStart>(out var second)) throw Wrong(Line(second), "yaml_second", $"a second document begins here; settings stand in one");
        return settings;
    }

    private JsonNode? Value(int depth)
    {
        _budget.Nodes(1);
        if (depth > DeepestNesting) throw Wrong(Line(_parser.Current!), "yaml_deep", $"values are nested deeper than {DeepestNesting}");
        if (_parser.TryConsume<AnchorAlias>(out var alias)) throw Wrong(Line(alias), "yaml_alias", $"an alias (*{alias.Value}) cannot be used here; write the value out");
        if (_parser.TryConsume<Scalar>(out var scalar)) return ScalarOf(Check(scalar, _budget));
        if (_parser.TryConsume<SequenceStart>(out var list))
        {
            Check(list);
            var items = new JsonArray();
            while (!_parser.TryConsume<SequenceEnd>(out _)) items.Add(Value(depth + 1));
            return items;
        }

        Check(_parser.Consume<MappingStart>());
        var map = new JsonObject();
        while (!_parser.TryConsume<MappingEnd>(out _))
        {
            var name = Name();
            if (map.ContainsKey(name.Value)) throw Wrong(Line(name), "yaml_twice", $"{name.Value} stands here for the second time");
            map[name.Value] = Value(depth + 1);
        }

        return map;
    }

    private Scalar Name() => _parser.TryConsume<Scalar>(out var name) ? Check(name, _budget) : throw Wrong(Line(_parser.Current!), "yaml_name", $"a setting's name must be plain text");

    private static Scalar Check(Scalar scalar, ImportBudget budget)
    {
        budget.Characters(scalar.Value.Length);
        return Check(scalar);
    }

    private static T Check<T>(T node) where T : NodeEvent
    {
        if (!node.Anchor.IsEmpty) throw Wrong(Line(node), "yaml_anchor", $"an anchor (&{node.Anchor.Value}) cannot be used here");
        // A quoted text carries the tag "!", which asks for nothing.
        if (!node.Tag.IsEmpty && node.Tag.Value != "!") throw Wrong(Line(node), "yaml_tag", $"a tag ({node.Tag.Value}) cannot be used here");
        return node;
    }

    private static int Line(ParsingEvent node) => (int)node.Start.Line;

    private static JsonValue? ScalarOf(Scalar scalar) => scalar.Style != ScalarStyle.Plain ? JsonValue.Create(scalar.Value) : ScalarOf(scalar.Value);

    /// <summary>The value that a plain text stands for, by the words of YAML 1.1, which the Python tools read, and numbers of both versions.</summary>
    public static JsonValue? ScalarOf(string text)
    {
        if (text.ToLowerInvariant() is "" or "~" or "null") return null;
        if (text.ToLowerInvariant() is "true" or "yes" or "on") return JsonValue.Create(true);
        if (text.ToLowerInvariant() is "false" or "no" or "off") return JsonValue.Create(false);
        if (!NumberForm().IsMatch(text)) return JsonValue.Create(text);
        text = text.Replace("_", "", StringComparison.Ordinal);
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)) return JsonValue.Create(whole);
        return double.Parse(text, CultureInfo.InvariantCulture) is var number && double.IsFinite(number) ? JsonValue.Create(number) : JsonValue.Create(text);
    }

    [GeneratedRegex(@"^[-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9]*)?)([eE][-+]?[0-9]+)?$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex NumberForm();
}
