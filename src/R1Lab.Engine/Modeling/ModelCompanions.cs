using System.Text.Json;
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
        if (sourceFolder is not null)
        {
            Rewrite(sourceFolder, folder, NameOf(dtype));
            return;
        }

        var config = decoder.Config.ToJson(NameOf(dtype)).ToJsonString(Indented);
        DurableFile.WriteAllText(Path.Combine(folder, ModelFolder.ConfigFileName), $"{config}\n");
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

    // Rows end with the tokenizer's end token in training: a program that stops only where the configs say must find it there.
    private static void Rewrite(string from, string to, string dtype)
    {
        var source = Path.Combine(from, ModelFolder.ConfigFileName);
        var generation = Path.Combine(from, GenerationDefaults.FileName);
        var ends = GenerationDefaults.Load(from, JsonObjectFile.Read(source)).Ends;
        if (!ends.Agree && File.Exists(generation))
        {
            JsonObjectFile.Rewrite(generation, Path.Combine(to, GenerationDefaults.FileName), json => json[EndTokens.Field] = ends.ToJson());
        }

        JsonObjectFile.Rewrite(source, Path.Combine(to, ModelFolder.ConfigFileName), json =>
        {
            json[json.ContainsKey("dtype") ? "dtype" : "torch_dtype"] = dtype;
            if (!ends.Agree) json[EndTokens.Field] = ends.ToJson();
        });
    }

    private static string NameOf(ScalarType dtype) => dtype switch
    {
        ScalarType.Float32 => "float32",
        ScalarType.BFloat16 => "bfloat16",
        ScalarType.Float16 => "float16",
        _ => throw new ArgumentException($"Models are not stored as {dtype}.", nameof(dtype)),
    };
}
