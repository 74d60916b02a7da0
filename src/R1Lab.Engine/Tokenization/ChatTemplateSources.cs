namespace R1Lab.Engine.Tokenization;

/// <summary>Where a model folder keeps its chat templates, and which of them counts.</summary>
internal static class ChatTemplateSources
{
    private const int MostTemplates = 100;

    /// <summary>The longest published ones have 30 KB; what is longer than the interpreter takes is refused there in words.</summary>
    private const long MostBytes = 4_000_000;

    /// <summary>Template sources by name; the one used without tools is <c>default</c>.</summary>
    /// <exception cref="BadInputException">tokenizer_config.json is broken, or a template file cannot be read.</exception>
    public static Dictionary<string, string> Read(string folder)
    {
        var sources = new Dictionary<string, string>(StringComparer.Ordinal);
        ReadConfiguration(Path.Combine(folder, "tokenizer_config.json"), sources);
        var single = Path.Combine(folder, "chat_template.jinja");
        if (File.Exists(single)) sources["default"] = ReadText(single, folder);
        var additional = Path.Combine(folder, "additional_chat_templates");
        if (!Directory.Exists(additional)) return sources;
        var files = Directory.EnumerateFiles(additional, "*.jinja").Take(MostTemplates + 1).Order(StringComparer.Ordinal).ToList();
        if (files.Count > MostTemplates) throw new BadInputException(additional, null, "too_many_templates", $"holds more than {MostTemplates} chat templates");
        foreach (var file in files) sources[Path.GetFileNameWithoutExtension(file)] = ReadText(file, folder);
        return sources;
    }

    private static void ReadConfiguration(string file, Dictionary<string, string> sources)
    {
        if (!File.Exists(file)) return;
        using var document = JsonField.ReadObject(file);
        if (new JsonField(file, "", document.RootElement).Optional("chat_template") is not { } field) return;
        if (field.Value.ValueKind == System.Text.Json.JsonValueKind.String)
        {
            sources["default"] = field.Text();
            return;
        }

        if (field.Value.ValueKind != System.Text.Json.JsonValueKind.Array) throw field.Wrong("template_form", $"must be a string or a list of {{name, template}}");
        foreach (var entry in field.Items()) sources[entry.Required("name").Text()] = entry.Required("template").Text();
    }

    private static string ReadText(string file, string folder)
    {
        try
        {
            return BoundedFile.ReadAllText(file, MostBytes, folder);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new BadInputException($"{file}: cannot be read: {error.Message}", error);
        }
    }
}
