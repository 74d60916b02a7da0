using System.Text.Json;
using System.Text.Json.Nodes;

namespace R1Lab.Engine.Training.Exchange;

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
            case "path" or "ds_type" or "message_property_mappings" or "trust_remote_code" or "preprocess_shards": break;
            case "data_files" when setting.Value is not JsonArray { Count: > 1 }: break;
            case "type" when !IsOtherObjective(setting): break;
            case "split" when setting.Is("train"): break;
            case "roles_to_train" when setting.Value is JsonArray roles && roles.All(role => Setting.TextOf(role) is "assistant" or "gpt"): break;
            case "train_on_eos" when setting.Is("turn") || setting.Is("all"): break;
            case "chat_template": if (setting.Value is not null && !setting.Is("tokenizer_default")) draft.Leave(setting, Reasons.OwnTemplate(setting)); break;
            // The columns are chosen when a dataset is brought into the lab.
            case var column when column.StartsWith("field", StringComparison.Ordinal) || column.StartsWith("message_field", StringComparison.Ordinal) || column is "roles" or "template_thinking_key" or "split_thinking": draft.Leave(setting, Reasons.NotNeeded(setting)); break;
            default: draft.Refuse(setting); break;
        }
    }

    // Whole texts are learned there, or pairs are compared.
    private static bool IsOtherObjective(Setting setting) =>
        setting.Value?.GetValueKind() == JsonValueKind.Object || setting.Text is "completion" or "pretrain" or "stepwise_supervised" || setting.Text.StartsWith("bradley_terry", StringComparison.Ordinal)
        || setting.Text.Contains("ultra", StringComparison.Ordinal) || setting.Text.Contains("transform", StringComparison.Ordinal);
}
