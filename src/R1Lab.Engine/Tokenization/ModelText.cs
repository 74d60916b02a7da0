namespace R1Lab.Engine.Tokenization;

/// <summary>What a model folder has for text: its tokenizer and its chat template.</summary>
/// <param name="Tokenizer">Null: the folder has none, and the model takes token ids only.</param>
/// <param name="Template">Null: the folder has none, or it cannot be used.</param>
/// <param name="TemplateFault">Why the template that is there cannot be used; null where nothing is wrong with it.</param>
public sealed record ModelText(Tokenizer? Tokenizer, ChatTemplate? Template, string? TemplateFault)
{
    /// <summary>Reads a model folder. Everything but chat works without a template, so a broken one is a fault to report and not an error.</summary>
    /// <exception cref="BadInputException">The tokenizer is broken or of an unsupported kind; the message names file, field and token.</exception>
    public static ModelText Read(string folder)
    {
        var tokenizer = File.Exists(Path.Combine(folder, "tokenizer.json")) ? Tokenizer.Load(folder) : null;
        var (template, fault) = ReadTemplate(folder);
        return new ModelText(tokenizer, template, fault);
    }

    /// <summary>The chat template alone, which is read without the vocabulary.</summary>
    public static (ChatTemplate? Template, string? Fault) ReadTemplate(string folder)
    {
        try
        {
            return (ChatTemplate.Load(folder), null);
        }
        catch (Exception e) when (e is ChatTemplateException or BadInputException)
        {
            return (null, e.Message);
        }
    }
}
