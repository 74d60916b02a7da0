using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace R1Lab.Engine.Checkpoints;

/// <summary>Turns <c>adapter_config.json</c> into a <see cref="PeftAdapterConfig"/>, field by field.</summary>
internal sealed class PeftConfigReader
{
    private const int MaxRank = 65_536;
    private const double MostAlpha = 1e6;
    private const int MostNames = 1_000;
    private const int MostPatterns = 200;
    private const int LongestPattern = 1_000;
    private const int MostLayers = 1_000;

    // Fields that change nothing in what a saved LoRA adapter computes.
    private static readonly HashSet<string> WithoutEffect = new(StringComparer.Ordinal)
    {
        "auto_mapping", "peft_version", "inference_mode", "loftq_config", "eva_config", "corda_config", "lora_ga_config", "megatron_core",
        "qalora_group_size", "runtime_config", "fan_in_fan_out", "ensure_weight_tying", "peft_type", "task_type", "base_model_name_or_path", "revision",
        "r", "lora_alpha", "lora_dropout", "bias", "target_modules", "exclude_modules", "init_lora_weights", "layers_to_transform", "layers_pattern",
        "rank_pattern", "alpha_pattern", "use_rslora", "use_dora",
    };

    // Ways to start that also change the base model's weights: the saved adapter fits only that changed base.
    private static readonly string[] BaseChangingStarts = ["pissa", "olora", "corda", "loftq", "lora_ga"];

    private readonly string _source;
    private readonly JsonObject _json;

    private PeftConfigReader(string source, JsonObject json)
    {
        _source = source;
        _json = json;
    }

    public static PeftAdapterConfig Read(string source, JsonObject json) => new PeftConfigReader(source, json).Read();

    private PeftAdapterConfig Read()
    {
        RefuseUnsupported();
        var config = new PeftAdapterConfig
        {
            BaseModelNameOrPath = Text("base_model_name_or_path"),
            Revision = Text("revision"),
            TaskType = Text("task_type") ?? "CAUSAL_LM",
            InferenceMode = Flag("inference_mode"),
            R = Rank("r", _json["r"]) ?? 8,
            LoraAlpha = Number("lora_alpha", _json["lora_alpha"]) ?? 8,
            LoraDropout = Number("lora_dropout", _json["lora_dropout"]) ?? 0,
            TargetModules = Names("target_modules") ?? [],
            TargetPattern = Pattern("target_modules"),
            ExcludeModules = Names("exclude_modules") ?? [],
            ExcludePattern = Pattern("exclude_modules"),
            LayersToTransform = Layers(),
            LayersPattern = Names("layers_pattern") ?? (Text("layers_pattern") is { } one ? [one] : []),
            UseRslora = Flag("use_rslora"),
            UseDora = Flag("use_dora"),
            RankPattern = Map("rank_pattern", (place, node) => Rank(place, node) ?? throw Bad(place, "not_whole", $"must be a whole number")),
            AlphaPattern = Map("alpha_pattern", (place, node) => Number(place, node) ?? throw Bad(place, "not_number", $"must be a number")),
        };
        if (config.TargetModules.Count == 0 && config.TargetPattern is null) throw Bad("target_modules", "adapter_no_modules", $"is missing: it must name the modules that carry the update");
        if (config.LoraDropout is < 0 or >= 1) throw Bad("lora_dropout", "adapter_dropout", $"must be from 0 to below 1");
        PeftModuleMatch.CheckPatterns(_source, config);
        return config;
    }

    private void RefuseUnsupported()
    {
        var type = Text("peft_type") ?? throw Bad("peft_type", "field_missing", $"is missing");
        if (!type.Equals("LORA", StringComparison.OrdinalIgnoreCase)) throw Bad("peft_type", "adapter_type", $"{type} adapters are not supported; supported: LORA");
        if (Text("bias") is { } bias && bias != "none") throw Bad("bias", "adapter_bias", $"trained biases (\"{bias}\") are not supported; supported: \"none\"");
        if (_json["init_lora_weights"] is JsonValue start && start.TryGetValue<string>(out var name) && BaseChangingStarts.Any(s => name.StartsWith(s, StringComparison.OrdinalIgnoreCase)))
            throw Bad("init_lora_weights", "adapter_start", $"an adapter started with \"{name}\" fits only a changed base model; convert it to a plain LoRA adapter with PEFT first");
        // Fields with an effect we do not compute, and fields of later PEFT releases that are switched on.
        foreach (var (field, node) in _json)
        {
            if (!WithoutEffect.Contains(field) && IsSet(field, node)) throw Bad(field, "adapter_setting", $"is set to {Clip(node!.ToJsonString())}, which is not supported");
        }
    }

    // A number or a text without a known effect is only a remark; these two name what is trained besides the update.
    private static bool IsSet(string field, JsonNode? node) => node switch
    {
        JsonObject fields => fields.Count > 0,
        JsonArray items => items.Count > 0,
        null => false,
        _ => node.GetValueKind() == JsonValueKind.True || (field is "modules_to_save" or "target_parameters" && node.GetValueKind() == JsonValueKind.String),
    };

    private string? Text(string field) => _json[field] switch
    {
        null => null,
        JsonValue value when value.TryGetValue<string>(out var text) => text,
        JsonArray when field is "layers_pattern" => null,
        _ => throw Bad(field, "not_text", $"must be text"),
    };

    private bool Flag(string field) => _json[field]?.GetValueKind() switch
    {
        null or JsonValueKind.False => false,
        JsonValueKind.True => true,
        _ => throw Bad(field, "not_boolean", $"must be true or false"),
    };

    private double? Number(string place, JsonNode? node)
    {
        if (node is null) return null;
        if (node.GetValueKind() == JsonValueKind.Number && node.AsValue().TryGetValue<double>(out var number) && number is >= 0 and <= MostAlpha) return number;
        throw Bad(place, "adapter_alpha", $"must be a number from 0 to {MostAlpha:0}, is {Clip(node.ToJsonString())}");
    }

    private int? Rank(string place, JsonNode? node)
    {
        if (node is null) return null;
        if (node.GetValueKind() == JsonValueKind.Number && node.AsValue().TryGetValue<int>(out var rank) && rank is > 0 and <= MaxRank) return rank;
        throw Bad(place, "adapter_rank", $"must be a whole number from 1 to {MaxRank}, is {Clip(node.ToJsonString())}");
    }

    private string? Pattern(string field) => _json[field] is JsonValue value
        ? value.TryGetValue<string>(out var text) && text.Length > 0 ? Checked(field, text) : throw Bad(field, "adapter_modules", $"must be a list of names, a regular expression or \"all-linear\"")
        : null;

    private string Checked(string field, string pattern) => pattern.Length <= LongestPattern ? pattern : throw Bad(field, "text_too_long", $"has {pattern.Length} characters; at most {LongestPattern} are read");

    private List<string>? Names(string field) => _json[field] switch
    {
        JsonArray { Count: > MostNames } list => throw Bad(field, "too_many_names", $"has {list.Count} names; at most {MostNames} are read"),
        JsonArray list => [.. list.Select(item => item is JsonValue value && value.TryGetValue<string>(out var name) ? Checked(field, name) : throw Bad(field, "not_names", $"must be a list of names"))],
        JsonObject => throw Bad(field, "not_names", $"must be a list of names"),
        _ => null,
    };

    private List<int>? Layers()
    {
        int Layer(JsonNode? node) => node is JsonValue value && value.GetValueKind() == JsonValueKind.Number && value.TryGetValue<int>(out var layer) && layer is >= 0 and < MostLayers
            ? layer
            : throw Bad("layers_to_transform", "adapter_layers", $"must be a layer number or a list of them");
        return _json["layers_to_transform"] switch { null => null, JsonArray { Count: > MostLayers } => throw Bad("layers_to_transform", "adapter_layers_many", $"names more than {MostLayers} layers"), JsonArray list => [.. list.Select(Layer)], var one => [Layer(one)] };
    }

    private Dictionary<string, T> Map<T>(string field, Func<string, JsonNode?, T> read) => _json[field] switch
    {
        null => new Dictionary<string, T>(StringComparer.Ordinal),
        JsonObject { Count: > MostPatterns } map => throw Bad(field, "too_many_patterns", $"has {map.Count} patterns; at most {MostPatterns} are read"),
        JsonObject map => map.ToDictionary(p => Checked(field, p.Key), p => read(string.Create(CultureInfo.InvariantCulture, $"{field}.{p.Key}"), p.Value), StringComparer.Ordinal),
        _ => throw Bad(field, "not_numbers", $"must be an object of numbers"),
    };

    private BadInputException Bad(string field, string code, FormattableString reason) => new(_source, field, code, reason);

    private static string Clip(string text) => text.Length <= 100 ? text : $"{text[..100]}...";
}
