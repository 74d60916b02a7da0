using System.Text.Json;
using System.Text.Json.Nodes;
using R1Lab.Engine.Adapters;

namespace R1Lab.Engine.Training.Exchange;

/// <summary>The modules an adapter is put on, by the names of other families too.</summary>
internal static class TargetModules
{
    /// <summary>Takes the names that can be trained, fused ones as their parts, and names the others.</summary>
    public static void Read(RecipeDraft draft, Setting setting)
    {
        var names = Names(setting.Value);
        if (names.Count == 0)
        {
            draft.Leave(setting, Reasons.WrongForm(setting));
            return;
        }

        var asked = new TrainingRecipe { Lora = new LoraSettings { TargetModules = names } };
        var mapped = asked.Effective().Lora.TargetModules;
        var known = mapped.Where(name => LoraSettings.AllProjections.Any(name.EndsWith)).ToList();
        var unknown = mapped.Except(known).ToList();
        if (known.Count == 0)
        {
            draft.Leave(setting, Reasons.Unsupported(setting));
            return;
        }

        var list = new JsonArray([.. known.Select(name => JsonValue.Create(name))]);
        if (unknown.Count > 0) draft.Change(setting, "lora.target_modules", list, Reasons.Unsupported(setting, string.Join(", ", unknown)));
        else if (names.Any(name => name is "all" or "all-linear") || mapped.SequenceEqual(names)) draft.Carry(setting, "lora.target_modules", list);
        else draft.Change(setting, "lora.target_modules", list, Reasons.Mapped(string.Join(", ", names.Except(mapped)), string.Join(", ", mapped)));
    }

    /// <summary>Whether these are all seven, in order.</summary>
    public static bool AreAll(TrainingRecipe recipe) => recipe.Lora.TargetModules.SequenceEqual(LoraSettings.AllProjections);

    private static List<string> Names(JsonNode? value) => value switch
    {
        JsonArray list => [.. list.Where(item => item?.GetValueKind() == JsonValueKind.String).Select(item => item!.GetValue<string>())],
        JsonValue text when text.GetValueKind() == JsonValueKind.String => [.. text.GetValue<string>().Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)],
        _ => [],
    };
}
