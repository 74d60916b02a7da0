using R1Lab.Engine.Training;

namespace R1Lab.Engine.Exchange;

/// <summary><c>bf16</c> and <c>fp16</c>: one type by two switches.</summary>
internal static class Precision
{
    /// <param name="bfloat16">What counts where neither switch is on or off.</param>
    public static void Read(RecipeDraft draft, IReadOnlyList<Setting> settings, bool bfloat16 = false)
    {
        var switches = settings.Where(setting => setting.Name is "bf16" or "fp16").ToList();
        var (bf16, fp16) = (switches.LastOrDefault(setting => setting.Name == "bf16"), switches.LastOrDefault(setting => setting.Name == "fp16"));
        var type = bf16?.Is(true) == true ? "bfloat16" : bf16?.Is("auto") == true || bf16 is not null && AsksTheCard(bf16) ? "auto" : fp16?.Is(true) == true ? "float16" : bfloat16 && bf16?.Is(false) != true ? "bfloat16" : "float32";
        foreach (var setting in switches)
        {
            // The switch that is off says nothing beside one that is on.
            if (AsksTheCard(setting) || setting.Name == "fp16" && type == "auto" && setting.Computed?.StartsWith("not ", StringComparison.Ordinal) == true) draft.Carry(setting with { Computed = null, Value = setting.Computed }, "dtype", "auto");
            else if (setting.Is(false) && type != "float32") draft.Accept(setting);
            else if (setting.Value is null || setting.Is(true) || setting.Is(false) || setting.Is("auto")) draft.Carry(setting, "dtype", type);
            else draft.Leave(setting, Reasons.WrongForm(setting));
        }
    }

    // bf16=is_bfloat16_supported(), and fp16=not that: what auto means.
    private static bool AsksTheCard(Setting setting) => setting is { Name: "bf16", Computed: { } source }
        && (source.EndsWith("is_bfloat16_supported()", StringComparison.Ordinal) || source.EndsWith("is_bf16_supported()", StringComparison.Ordinal)) && !source.StartsWith("not ", StringComparison.Ordinal);

    /// <summary>The two switches; <c>auto</c> where the tool knows it.</summary>
    public static IEnumerable<(string Name, System.Text.Json.Nodes.JsonNode? Value)> Write(TrainingRecipe recipe, bool knowsAuto)
    {
        yield return ("bf16", recipe.Dtype == TrainingDtype.Auto && knowsAuto ? "auto" : recipe.Dtype is TrainingDtype.Bfloat16 or TrainingDtype.Auto);
        yield return ("fp16", recipe.Dtype == TrainingDtype.Float16);
    }
}
