using System.Text.Json;
using System.Text.Json.Nodes;

namespace R1Lab.Engine.Checkpoints;

/// <summary>
/// <c>adapter_config.json</c> of a LoRA adapter as PEFT writes it. Loading refuses, by name, what the engine does not compute, so that no adapter ever works almost.
/// </summary>
public sealed record PeftAdapterConfig
{
    public const string FileName = "adapter_config.json";

    /// <summary>The value of <c>target_modules</c> that means every linear layer but the output head.</summary>
    public const string AllLinear = "all-linear";

    /// <summary>The model the adapter was trained on, as a repository id or a path; null when not said.</summary>
    public string? BaseModelNameOrPath { get; init; }

    public string? Revision { get; init; }

    public string TaskType { get; init; } = "CAUSAL_LM";

    public bool InferenceMode { get; init; } = true;

    /// <summary>Rank of the update.</summary>
    public int R { get; init; } = 8;

    public double LoraAlpha { get; init; } = 8;

    public double LoraDropout { get; init; }

    /// <summary>Names or path endings of the modules that carry the update; used when <see cref="TargetPattern"/> is null.</summary>
    public IReadOnlyList<string> TargetModules { get; init; } = [];

    /// <summary>A regular expression over whole module paths, or <see cref="AllLinear"/>.</summary>
    public string? TargetPattern { get; init; }

    public IReadOnlyList<string> ExcludeModules { get; init; } = [];

    public string? ExcludePattern { get; init; }

    /// <summary>Layer numbers that carry the update; null for all.</summary>
    public IReadOnlyList<int>? LayersToTransform { get; init; }

    /// <summary>Names of the list of layers in a module path, for <see cref="LayersToTransform"/>; empty takes any name before the number.</summary>
    public IReadOnlyList<string> LayersPattern { get; init; } = [];

    /// <summary>Scale is <c>alpha / sqrt(r)</c> instead of <c>alpha / r</c>.</summary>
    public bool UseRslora { get; init; }

    /// <summary>Weight-decomposed updates with a magnitude vector a module.</summary>
    public bool UseDora { get; init; }

    /// <summary>Ranks of single modules, by path ending or regular expression.</summary>
    public IReadOnlyDictionary<string, int> RankPattern { get; init; } = new Dictionary<string, int>(StringComparer.Ordinal);

    /// <summary>Alphas of single modules, by path ending or regular expression.</summary>
    public IReadOnlyDictionary<string, double> AlphaPattern { get; init; } = new Dictionary<string, double>(StringComparer.Ordinal);

    /// <summary>True when the module of this path (<c>model.layers.0.self_attn.q_proj</c>) carries an update.</summary>
    public bool Targets(string modulePath) => PeftModuleMatch.Targets(this, modulePath);

    public int RankOf(string modulePath) => PeftModuleMatch.Find(RankPattern, modulePath, out var rank) ? rank : R;

    public double AlphaOf(string modulePath) => PeftModuleMatch.Find(AlphaPattern, modulePath, out var alpha) ? alpha : LoraAlpha;

    /// <summary>The factor on <c>B·A</c> for a module.</summary>
    public double ScaleOf(string modulePath) => AlphaOf(modulePath) / (UseRslora ? Math.Sqrt(RankOf(modulePath)) : RankOf(modulePath));

    /// <exception cref="BadInputException">The file is missing or wrong, or asks for something the engine does not compute; the message names the field.</exception>
    public static PeftAdapterConfig Load(string folder)
    {
        var path = Path.Combine(folder, FileName);
        return PeftConfigReader.Read(path, JsonObjectFile.Read(path));
    }

    /// <summary>Writes the file durably, every field PEFT knows, in PEFT's layout.</summary>
    public void Save(string folder) => DurableFile.WriteAllText(Path.Combine(folder, FileName), ToJson().ToJsonString(Layout));

    private static readonly JsonSerializerOptions Layout = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private JsonObject ToJson() => new()
    {
        ["alpha_pattern"] = new JsonObject(AlphaPattern.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => KeyValuePair.Create<string, JsonNode?>(p.Key, Plain(p.Value)))),
        ["auto_mapping"] = null,
        ["base_model_name_or_path"] = BaseModelNameOrPath,
        ["bias"] = "none",
        ["exclude_modules"] = ExcludePattern is not null ? ExcludePattern : ExcludeModules.Count == 0 ? null : List(ExcludeModules),
        ["fan_in_fan_out"] = false,
        ["inference_mode"] = InferenceMode,
        ["init_lora_weights"] = true,
        ["layers_pattern"] = LayersPattern.Count == 0 ? null : List(LayersPattern),
        ["layers_to_transform"] = LayersToTransform is null ? null : new JsonArray([.. LayersToTransform.Select(l => JsonValue.Create(l))]),
        ["lora_alpha"] = Plain(LoraAlpha),
        ["lora_bias"] = false,
        ["lora_dropout"] = LoraDropout,
        ["modules_to_save"] = null,
        ["peft_type"] = "LORA",
        ["r"] = R,
        ["rank_pattern"] = new JsonObject(RankPattern.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => KeyValuePair.Create<string, JsonNode?>(p.Key, p.Value))),
        ["revision"] = Revision,
        ["target_modules"] = TargetPattern is null ? List(TargetModules) : TargetPattern,
        ["task_type"] = TaskType,
        ["use_dora"] = UseDora,
        ["use_rslora"] = UseRslora,
    };

    private static JsonArray List(IEnumerable<string> names) => new([.. names.Order(StringComparer.Ordinal).Select(n => JsonValue.Create(n))]);

    // PEFT declares alpha as a whole number: 16, not 16.0, when it is one.
    private static JsonValue Plain(double value) => value == Math.Floor(value) && Math.Abs(value) < 1e15 ? JsonValue.Create((long)value) : JsonValue.Create(value);
}
