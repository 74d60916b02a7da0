using System.Text;

namespace R1Lab.Engine.Checkpoints;

/// <summary>The <c>README.md</c> of an adapter folder: the front matter model hubs read, and how to use the adapter.</summary>
internal static class PeftModelCard
{
    public static string Text(PeftAdapterConfig config)
    {
        var text = new StringBuilder("---\n");
        if (config.BaseModelNameOrPath is { Length: > 0 } model) text.Append($"base_model: {Quoted(model)}\n");
        text.Append("library_name: peft\npipeline_tag: text-generation\ntags:\n- lora\n---\n\n");
        text.Append("# LoRA adapter\n\n| setting | value |\n| --- | --- |\n");
        text.Append($"| base model | {config.BaseModelNameOrPath?.Replace("|", "\\|", StringComparison.Ordinal) ?? "not recorded"} |\n");
        text.Append($"| method | {(config.UseDora ? "DoRA" : "LoRA")}{(config.UseRslora ? ", rank-stabilized scale" : "")} |\n");
        text.Append($"| r | {config.R} |\n| lora_alpha | {config.LoraAlpha} |\n| lora_dropout | {config.LoraDropout} |\n");
        text.Append($"| target_modules | {config.TargetPattern?.Replace("|", "\\|", StringComparison.Ordinal) ?? string.Join(", ", config.TargetModules)} |\n\n");
        text.Append("```python\nfrom peft import PeftModel\n\nmodel = PeftModel.from_pretrained(base_model, \"this folder\")\n```\n");
        return text.ToString();
    }

    private static string Quoted(string value) => $"\"{value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
}
