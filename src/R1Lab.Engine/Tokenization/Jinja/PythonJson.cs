using System.Globalization;
using System.Numerics;
using System.Text;

namespace R1Lab.Engine.Tokenization.Jinja;

/// <summary>The <c>tojson</c> filter as Hugging Face sets it up: Python's <c>json.dumps</c>, non-ASCII text as it is, no HTML escapes.</summary>
internal sealed class PythonJson
{
    private readonly StringBuilder _result = new();
    private readonly RenderLimits _limits;
    private readonly string? _indent;
    private readonly string _itemSeparator;
    private readonly string _keySeparator;
    private readonly bool _asciiOnly;
    private readonly bool _sortKeys;

    private PythonJson(RenderLimits limits, BoundArguments settings)
    {
        _limits = limits;
        _indent = settings["indent"] switch { null => null, string text => text, _ => new string(' ', Math.Clamp(settings.Integer("indent"), 0, 100)) };
        _itemSeparator = _indent is null ? ", " : ",";
        _keySeparator = ": ";
        if (settings["separators"] is { } separators)
        {
            if (PythonOperators.Items(separators, limits) is not [string item, string key]) throw new JinjaException("tojson: separators must be two strings");
            (_itemSeparator, _keySeparator) = (item, key);
        }

        _asciiOnly = settings.Flag("ensure_ascii");
        _sortKeys = settings.Flag("sort_keys");
    }

    public static string Write(object? value, RenderLimits limits, BoundArguments settings)
    {
        var json = new PythonJson(limits, settings);
        json.Value(value, 0);
        return json._result.ToString();
    }

    private void Value(object? value, int depth)
    {
        _limits.EnterValue();
        _limits.Make(2);
        switch (value)
        {
            case null: _result.Append("null"); break;
            case bool flag: _result.Append(flag ? "true" : "false"); break;
            case long or BigInteger: Number(value); break;
            case double number: _result.Append(Float(number)); break;
            case string text: Text(text); break;
            case JinjaList list: Sequence(list, depth); break;
            case JinjaTuple tuple: Sequence(tuple.Items, depth); break;
            case JinjaDict dict: Object(dict, depth); break;
            default: throw new JinjaException($"Object of type {PythonText.TypeName(value)} is not JSON serializable");
        }

        _limits.LeaveValue();
    }

    private void Number(object value)
    {
        _limits.Make(PythonNumber.Digits(value));
        _result.Append(CultureInfo.InvariantCulture, $"{value}");
    }

    private void Separate(string separator)
    {
        _limits.Make(separator.Length);
        _result.Append(separator);
    }

    private static string Float(double number) =>
        double.IsNaN(number) ? "NaN" : double.IsInfinity(number) ? (number > 0 ? "Infinity" : "-Infinity") : PythonNumber.Write(number);

    private void Sequence(IReadOnlyList<object?> items, int depth)
    {
        if (items.Count == 0)
        {
            _result.Append("[]");
            return;
        }

        _result.Append('[');
        for (var index = 0; index < items.Count; index++)
        {
            if (index > 0) Separate(_itemSeparator);
            NewLine(depth + 1);
            Value(items[index], depth + 1);
        }

        NewLine(depth);
        _result.Append(']');
    }

    private void Object(JinjaDict dict, int depth)
    {
        if (dict.Count == 0)
        {
            _result.Append("{}");
            return;
        }

        IEnumerable<KeyValuePair<object, object?>> members = dict;
        if (_sortKeys) _limits.MakeSlots(dict.Count);
        if (_sortKeys) members = dict.OrderBy(pair => pair.Key, Comparer<object>.Create((left, right) => PythonOperators.Compare(left, right, _limits)));
        _result.Append('{');
        var first = true;
        foreach (var (key, item) in members)
        {
            if (!first) Separate(_itemSeparator);
            first = false;
            NewLine(depth + 1);
            Key(key);
            Separate(_keySeparator);
            Value(item, depth + 1);
        }

        NewLine(depth);
        _result.Append('}');
    }

    private void Key(object key)
    {
        if (key is string text)
        {
            Text(text);
            return;
        }

        _result.Append('"');
        Value(key, 0);
        _result.Append('"');
    }

    private void NewLine(int depth)
    {
        if (_indent is null) return;
        _limits.Make((long)_indent.Length * depth);
        _result.Append('\n');
        for (; depth > 0; depth--) _result.Append(_indent);
    }

    private void Text(string text)
    {
        _limits.Make(text.Length);
        var start = _result.Length;
        _result.Append('"');
        foreach (var unit in text)
        {
            switch (unit)
            {
                case '"': _result.Append("\\\""); break;
                case '\\': _result.Append(@"\\"); break;
                case '\n': _result.Append(@"\n"); break;
                case '\r': _result.Append(@"\r"); break;
                case '\t': _result.Append(@"\t"); break;
                case '\f': _result.Append(@"\f"); break;
                case '\b': _result.Append(@"\b"); break;
                case < ' ': _result.Append(CultureInfo.InvariantCulture, $"\\u{(int)unit:x4}"); break;
                case > '~' when _asciiOnly: _result.Append(CultureInfo.InvariantCulture, $"\\u{(int)unit:x4}"); break;
                default: _result.Append(unit); break;
            }
        }

        _result.Append('"');
        // Escapes are longer than what they stand for.
        _limits.Make(Math.Max(0, _result.Length - start - text.Length));
    }
}
