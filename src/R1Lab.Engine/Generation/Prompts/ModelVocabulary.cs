using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Modeling;
using R1Lab.Engine.Tokenization;

namespace R1Lab.Engine.Generation;

/// <summary>What can be said about a model's text without its weights: tokens, template, length.</summary>
/// <param name="name">The name it was asked for by.</param>
/// <param name="text">Tokenizer and chat template.</param>
/// <param name="defaults">What <c>generation_config.json</c> says.</param>
/// <param name="config">For the size of the vocabulary and the number of positions.</param>
public sealed class ModelVocabulary(string name, ModelText text, GenerationDefaults defaults, DecoderConfig config)
{
    /// <summary>The name it was asked for by.</summary>
    public string Name { get; } = name;

    public Tokenizer? Tokenizer { get; } = text.Tokenizer;

    /// <summary>Null where the model has none, or none that can be used.</summary>
    public ChatTemplate? Template { get; } = text.Template;

    /// <summary>Why the template that the model came with cannot be used; null where nothing is wrong with it.</summary>
    public string? TemplateFault { get; } = text.TemplateFault;

    /// <summary>How the model marks its thoughts.</summary>
    public ThoughtMarks ThoughtMarks { get; } = ThoughtMarks.Of(text.Tokenizer, text.Template);

    /// <summary>What <c>generation_config.json</c> says.</summary>
    public GenerationDefaults Defaults { get; } = defaults;

    /// <summary>Most tokens of prompt and answer together.</summary>
    public int MaxLength => config.MaxPositions;

    /// <exception cref="AskRefusedException">The model came without a tokenizer.</exception>
    public Tokenizer RequireTokenizer(string field) => Tokenizer
        ?? throw new AskRefusedException(field, "ask_no_tokenizer", $"The model '{Name}' has no tokenizer: only token ids can be used with it.");

    /// <exception cref="AskRefusedException">The model came without a chat template, or with one that cannot be used.</exception>
    public ChatTemplate RequireTemplate(string field) => Template ?? throw (TemplateFault is null
        ? new AskRefusedException(field, "ask_no_template", $"The model '{Name}' has no chat template: use /v1/completions with a finished prompt.")
        : new AskRefusedException(field, "ask_template_unusable", $"The chat template of the model '{Name}' cannot be used: {TemplateFault}. /v1/completions takes a finished prompt."));

    /// <exception cref="AskRefusedException">An id is not of the vocabulary.</exception>
    public void CheckIds(IReadOnlyList<int> ids, string field)
    {
        foreach (var id in ids)
        {
            if (id < 0 || id >= config.VocabSize)
                throw new AskRefusedException(field, "ask_token_unknown", $"{field} holds the token id {id}; the model '{Name}' knows 0 to {config.VocabSize - 1}.");
        }
    }

    /// <exception cref="AskRefusedException">There is no id, or one that is not of the vocabulary.</exception>
    public void CheckPrompt(IReadOnlyList<int> ids, string field)
    {
        if (ids.Count == 0) throw new AskRefusedException(field, "ask_prompt_empty", $"{field} has no tokens.");
        CheckIds(ids, field);
    }

    /// <exception cref="AskRefusedException">Prompt and answer are longer than the model takes.</exception>
    public void CheckLength(int promptTokens, int newTokens, string field)
    {
        if ((long)promptTokens + newTokens > MaxLength)
            throw new AskRefusedException(field, "ask_too_long", $"The prompt has {promptTokens} tokens and {newTokens} more are asked for; the model '{Name}' takes {MaxLength} together.");
    }

    /// <summary>The text of ids; empty for a model without a tokenizer.</summary>
    public string Decode(IReadOnlyList<int> ids) => Tokenizer?.Decode(ids) ?? "";
}
