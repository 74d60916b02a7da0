using System.Text.Json;
using System.Text.Json.Nodes;
using R1Lab.Engine.Checkpoints;
using static TorchSharp.torch;

namespace R1Lab.Engine.Modeling;

/// <summary>The files beside the weights that make a model folder whole: config, generation defaults, tokenizer, chat template.</summary>
internal static class ModelCompanions
{
    private static readonly string[] Copied =
    [
        "generation_config.json", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "added_tokens.json",
        "vocab.json", "merges.txt", "chat_template.jinja", "chat_template.json",
    ];

    private const string MoreTemplates = "additional_chat_templates";

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // config.json comes last: a folder without it is not taken for a model.
    public static void Write(Decoder decoder, string folder, ScalarType dtype, string? sourceFolder)
    {
        var isSame = sourceFolder is not null && Path.GetFullPath(sourceFolder) == Path.GetFullPath(folder);
        if (sourceFolder is not null && !isSame) Copy(sourceFolder, folder);
        var config = sourceFolder is null ? decoder.Config.ToJson(NameOf(dtype)) : Rewrite(JsonObjectFile.Read(Path.Combine(sourceFolder, ModelFolder.ConfigFileName)), dtype);
        DurableFile.WriteAllText(Path.Combine(folder, ModelFolder.ConfigFileName), $"{config.ToJsonString(Indented)}\n");
    }

    private static void Copy(string from, string to)
    {
        foreach (var name in Copied.Where(n => File.Exists(Path.Combine(from, n))))
        {
            BoundedFile.Check(Path.Combine(from, name), from);
            DurableFile.Copy(Path.Combine(from, name), Path.Combine(to, name));
        }

        var templates = Path.Combine(from, MoreTemplates);
        if (!Directory.Exists(templates)) return;
        foreach (var file in Directory.GetFiles(templates, "*.jinja"))
        {
            BoundedFile.Check(file, from);
            DurableFile.Copy(file, Path.Combine(to, MoreTemplates, Path.GetFileName(file)));
        }
    }

    private static JsonObject Rewrite(JsonObject config, ScalarType dtype)
    {
        config[config.ContainsKey("dtype") ? "dtype" : "torch_dtype"] = NameOf(dtype);
        return config;
    }

    private static string NameOf(ScalarType dtype) => dtype switch
    {
        ScalarType.Float32 => "float32",
        ScalarType.BFloat16 => "bfloat16",
        ScalarType.Float16 => "float16",
        _ => throw new ArgumentException($"Models are not stored as {dtype}.", nameof(dtype)),
    };
}
