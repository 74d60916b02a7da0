using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace R1Lab.Engine.Modeling;

/// <summary>Reads typed fields of a <c>config.json</c> object; every complaint names the file and the field. A JSON null counts as absent.</summary>
internal readonly struct ConfigFields(JsonObject json, string source, string prefix = "")
{
    public BadInputException Refuse(string field, string code, FormattableString reason) => new(source, prefix + field, code, reason);

    public bool Has(string field) => json[field] is not null;

    /// <summary>Whether every field beside these is absent.</summary>
    public bool HasOnly(params ReadOnlySpan<string> fields)
    {
        foreach (var (name, value) in json)
        {
            if (value is not null && !fields.Contains(name)) return false;
        }

        return true;
    }

    /// <summary>An object; null when it is absent or says nothing, as some programs write <c>{}</c> for "none".</summary>
    public ConfigFields? Object(string field) => json[field] switch
    {
        null => null,
        JsonObject empty when empty.All(member => member.Value is null) => null,
        JsonObject inner => new ConfigFields(inner, source, $"{prefix}{field}."),
        _ => throw Refuse(field, "config_object", $"must be an object."),
    };

    public int Count(string field, int most, int? missing = null)
    {
        var value = Number(field, missing);
        if (value < 1 || value > int.MaxValue || value != Math.Floor(value)) throw Refuse(field, "config_whole", $"must be a whole number above 0, not {value}.");
        return value <= most ? (int)value : throw Refuse(field, "config_at_most", $"must be at most {most}, not {value}.");
    }

    public double Positive(string field, double most, double? missing = null)
    {
        var value = Number(field, missing);
        if (!(value > 0) || !double.IsFinite(value)) throw Refuse(field, "config_positive", $"must be a number above 0, not {value}.");
        return value <= most ? value : throw Refuse(field, "config_at_most", $"must be at most {most}, not {value}.");
    }

    public double Number(string field, double? missing = null)
    {
        if (json[field] is not { } value) return missing ?? throw Refuse(field, "config_missing", $"is missing.");
        // Through the text: a value set by code holds an int or a double, one from a file neither.
        return value.GetValueKind() == JsonValueKind.Number ? double.Parse(value.ToJsonString(), CultureInfo.InvariantCulture) : throw Refuse(field, "config_number", $"must be a number.");
    }

    public bool Flag(string field, bool missing) => json[field]?.GetValueKind() switch
    {
        null => missing,
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Refuse(field, "config_boolean", $"must be true or false."),
    };

    public string? Text(string field)
    {
        if (json[field] is null) return null;
        return json[field]!.GetValueKind() == JsonValueKind.String ? json[field]!.GetValue<string>() : throw Refuse(field, "config_text", $"must be a text.");
    }

    /// <summary>The texts of a list; empty when the field is absent.</summary>
    public IReadOnlyList<string> Texts(string field)
    {
        if (json[field] is null) return [];
        if (json[field] is not JsonArray list) throw Refuse(field, "config_list", $"must be a list.");
        var texts = new List<string>(list.Count);
        foreach (var item in list)
        {
            if (item?.GetValueKind() != JsonValueKind.String) throw Refuse(field, "config_texts", $"must be a list of texts.");
            texts.Add(item.GetValue<string>());
        }

        return texts;
    }
}
