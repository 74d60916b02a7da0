using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Tokenization;
using R1Lab.Web.Api;

namespace R1Lab.Web.Running;

/// <summary>What can be said about a model's text without its weights: tokens, template, length.</summary>
public class ModelVocabulary(string name, ModelText text, GenerationDefaults defaults, int vocabularySize, int maxLength)
{
    /// <summary>The name it was asked for by.</summary>
    public string Name { get; } = name;

    public Tokenizer? Tokenizer { get; } = text.Tokenizer;

    public ChatTemplate? Template { get; } = text.Template;

    /// <summary>Why the template that the model came with cannot be used; null where nothing is wrong with it.</summary>
    public string? TemplateFault { get; } = text.TemplateFault;

    /// <summary>How the model marks its thoughts.</summary>
    public ThoughtMarks ThoughtMarks { get; } = ThoughtMarks.Of(text.Tokenizer, text.Template);

    /// <summary>What <c>generation_config.json</c> says.</summary>
    public GenerationDefaults Defaults { get; } = defaults;

    /// <summary>Most tokens of prompt and answer together.</summary>
    public int MaxLength { get; } = maxLength;

    /// <exception cref="ApiFieldException">The model came without a tokenizer.</exception>
    public Tokenizer RequireTokenizer(string field) => Tokenizer
        ?? throw new ApiFieldException(field, $"The model '{Name}' has no tokenizer: only token ids can be used with it.");

    /// <exception cref="ApiFieldException">The model came without a chat template, or with one that cannot be used.</exception>
    public ChatTemplate RequireTemplate(string field) => Template ?? throw new ApiFieldException(field, TemplateFault is null
        ? $"The model '{Name}' has no chat template: use /v1/completions with a finished prompt."
        : $"The chat template of the model '{Name}' cannot be used: {TemplateFault}. /v1/completions takes a finished prompt.");

    public void CheckIds(IReadOnlyList<int> ids, string field)
    {
        foreach (var id in ids)
        {
            if (id < 0 || id >= vocabularySize) throw new ApiFieldException(field, $"{field} holds the token id {id}; the model '{Name}' knows 0 to {vocabularySize - 1}.");
        }
    }

    public void CheckPrompt(IReadOnlyList<int> ids, string field)
    {
        if (ids.Count == 0) throw new ApiFieldException(field, $"{field} has no tokens.");
        CheckIds(ids, field);
    }

    public void CheckLength(int promptTokens, int newTokens, string field)
    {
        if ((long)promptTokens + newTokens > MaxLength)
            throw new ApiFieldException(field, $"The prompt has {promptTokens} tokens and {newTokens} more are asked for; the model '{Name}' takes {MaxLength} together.");
    }

    public string Text(IReadOnlyList<int> ids) => Tokenizer?.Decode(ids) ?? "";
}
