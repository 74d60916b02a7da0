using System.Text.Json;
using System.Text.Json.Nodes;
using R1Lab.Engine.Training;

namespace R1Lab.Engine.Exchange;

/// <summary>Axolotl's list of datasets, each with settings of its own.</summary>
internal static class AxolotlDatasets
{
    /// <summary>Takes the first one, and names what its own settings ask for beyond it.</summary>
    public static void Read(RecipeDraft draft, Setting setting)
    {
        var sets = (setting.Value as JsonArray ?? []).ToList();
        if (sets.Count == 0)
        {
            if (setting.Value is null or JsonArray) draft.Accept(setting);
            else draft.Miss(setting, "dataset", Reasons.WrongForm(setting));
            return;
        }

        var path = PathOf(sets[0]);
        if (sets.Count > 1) draft.Change(setting, "dataset", path, Reasons.Replaced(setting, path));
        else draft.Carry(setting, "dataset", path);
        if (sets[0] is not JsonObject first) return;
        foreach (var (name, value) in first) Own(draft, setting with { Name = $"datasets.{name}", Value = value?.DeepClone() }, name);
    }

    /// <summary>Columns by the names the lab reads them under.</summary>
    private static readonly Dictionary<string, string> OwnColumns = new(StringComparer.Ordinal)
    {
        ["field_messages"] = "messages",
        ["message_field_role"] = "role",
        ["message_field_content"] = "content",
        ["field_instruction"] = "instruction",
        ["field_input"] = "input",
        ["field_output"] = "output",
        ["field_thinking"] = "reasoning_content",
        ["template_thinking_key"] = "reasoning_content",
    };

    private static bool IsOwnMapping(JsonNode? value) => value is JsonObject map && map.All(pair => pair.Key is "role" or "content" && Setting.TextOf(pair.Value) == pair.Key);

    // "json" and the like are kinds of files, not datasets.
    private static string PathOf(JsonNode? set)
    {
        if (set is not JsonObject map) return Setting.TextOf(set);
        var files = map["data_files"] is JsonArray { Count: > 0 } list ? list[0] : map["data_files"];
        return Setting.TextOf(map["path"]) is var path && files is not null && path is "json" or "csv" or "parquet" or "arrow" or "text" ? Setting.TextOf(files) : path;
    }

    private static void Own(RecipeDraft draft, Setting setting, string name)
    {
        switch (name)
        {
            case "path" or "ds_type" or "trust_remote_code" or "preprocess_shards": break;
            case "message_property_mappings" when IsOwnMapping(setting.Value): draft.Accept(setting); break;
            case "data_files" when setting.Value is not JsonArray { Count: > 1 }: break;
            case "type" when !IsOtherObjective(setting): break;
            case "split" when setting.Is("train"): break;
            case "roles_to_train" when setting.Value is JsonArray roles && roles.All(role => Setting.TextOf(role) is "assistant" or "gpt"): break;
            case "train_on_eos" when setting.Is("turn") || setting.Is("all"): break;
            case "chat_template": if (setting.Value is not null && !setting.Is("tokenizer_default")) draft.Leave(setting, Reasons.OwnTemplate(setting)); break;
            // Columns are those of the lab's formats; others are not looked for.
            case var column when OwnColumns.TryGetValue(column, out var own) && setting.Is(own): draft.Accept(setting); break;
            default: draft.Refuse(setting); break;
        }
    }

    // Whole texts are learned there, or pairs are compared.
    private static bool IsOtherObjective(Setting setting) =>
        setting.Value?.GetValueKind() == JsonValueKind.Object || setting.Text is "completion" or "pretrain" or "stepwise_supervised" || setting.Text.StartsWith("bradley_terry", StringComparison.Ordinal)
        || setting.Text.Contains("ultra", StringComparison.Ordinal) || setting.Text.Contains("transform", StringComparison.Ordinal);
}
