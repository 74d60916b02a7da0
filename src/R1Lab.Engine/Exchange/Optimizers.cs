using System.Text.Json;
using R1Lab.Engine.Training;

namespace R1Lab.Engine.Exchange;

/// <summary>The many names of AdamW (transformers' <c>OptimizerNames</c>).</summary>
internal static class Optimizers
{
    private static readonly string[] Adamw = ["adamw_torch", "adamw_torch_fused", "adamw_hf", "adamw_apex_fused", "adamw", "optimi_adamw", "adamw_torch_xla", "adamw_torch_npu_fused"];
    private static readonly string[] EightBit = ["adamw_8bit", "adamw_bnb_8bit", "adamw_torch_8bit", "ao_adamw_8bit"];

    public static void Read(RecipeDraft draft, Setting setting)
    {
        var name = setting.Value?.GetValueKind() == JsonValueKind.String ? setting.Value.GetValue<string>() : "";
        if (Adamw.Contains(name)) draft.Carry(setting, "optim", "adamw");
        else if (EightBit.Contains(name)) draft.Carry(setting, "optim", "adamw_8bit");
        // Paging moves moments to host memory when the card is full: the numbers are the same.
        else if (name is "paged_adamw_8bit") draft.Change(setting, "optim", "adamw_8bit", Reasons.Replaced(setting, "adamw_8bit"));
        else if (setting.Value is null && setting.Computed is null) draft.Accept(setting);
        else if (name is "adamw_torch_4bit" or "ao_adamw_4bit") draft.Change(setting, "optim", "adamw_8bit", Reasons.Replaced(setting, "adamw_8bit"));
        else draft.Change(setting, "optim", "adamw", Reasons.Replaced(setting, "adamw"));
    }

    public static string Write(TrainingRecipe recipe) => recipe.Optim == OptimizerType.Adamw8Bit ? "adamw_bnb_8bit" : "adamw_torch";
}
