using System.Text.Json;
using System.Text.Json.Nodes;
using R1Lab.Engine.Training;

namespace R1Lab.Engine.Exchange;

/// <summary>A named value of an imported text.</summary>
/// <param name="Name">As it stands there.</param>
/// <param name="Value">Number, text, truth value, list or map; null for none.</param>
/// <param name="Line">From 1.</param>
/// <param name="Owner">The call it is an argument of, <c>=</c> for a plain assignment; null in YAML.</param>
internal sealed record Setting(string Name, JsonNode? Value, int Line, string? Owner = null)
{
    /// <summary>The text of an expression that is computed, and so cannot be read; null for a literal.</summary>
    public string? Computed { get; init; }

    /// <summary>The option the value is the default of, for example <c>args.lr</c>: another one may be given when the script is started. Null for none.</summary>
    public string? Option { get; init; }

    /// <summary>The number of the call it belongs to, from 1; 0 where it belongs to none.</summary>
    public int Call { get; init; }

    /// <summary>Of a call: the call it is an argument of; null for none.</summary>
    public int? Within { get; init; }

    /// <summary>The name that a call's result is given, or whose attribute is set.</summary>
    public string? Target { get; init; }

    /// <summary>Whether it stands behind the call that trains.</summary>
    public bool AfterTraining { get; init; }

    /// <summary>The value as people write it.</summary>
    public string Text => Computed ?? (IsSecret ? "•••" : TextOf(Value));

    // Access tokens stand in such files now and then: they are not to be shown.
    private bool IsSecret => Value is not null && !IsMark && (Name.EndsWith("_token", StringComparison.Ordinal) || Name.EndsWith("_key", StringComparison.Ordinal) || Name.Contains("secret", StringComparison.Ordinal));

    // Tokens of the vocabulary: special_tokens.eos_token, pad_token.
    private bool IsMark => Name[(Name.LastIndexOf('.') + 1)..] is "eos_token" or "bos_token" or "pad_token" or "unk_token" or "add_eos_token" or "add_bos_token";

    public static string TextOf(JsonNode? value) => value switch
    {
        null => "null",
        JsonValue text when text.GetValueKind() == JsonValueKind.String => text.GetValue<string>(),
        _ => value.ToJsonString(Readable),
    };

    public bool Is(bool value) => Value?.GetValueKind() == (value ? JsonValueKind.True : JsonValueKind.False);

    public bool Is(string value) => Value?.GetValueKind() == JsonValueKind.String && string.Equals(Value.GetValue<string>(), value, StringComparison.OrdinalIgnoreCase);

    /// <summary>The value as a number, also where it was written as text (<c>2e-4</c> is text to many YAML readers).</summary>
    public double? Number => NumberOf(Value);

    public static double? NumberOf(JsonNode? value) => value?.GetValueKind() switch
    {
        JsonValueKind.Number => double.Parse(value.ToJsonString(), System.Globalization.CultureInfo.InvariantCulture),
        JsonValueKind.String when double.TryParse(value.GetValue<string>(), System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out var number) => number,
        _ => null,
    };

    private static readonly JsonSerializerOptions Readable = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
