using R1Lab.Engine.Checkpoints;
using R1Lab.Engine.Tokenization;

namespace R1Lab.Engine.Modeling;

/// <summary>
/// All of a model folder but its weights, checked. Registration and loading both begin with this: a model that can be registered can be loaded, as
/// far as that can be known before its weights are read.
/// </summary>
public sealed class ModelDescription
{
    private ModelDescription(ModelFolder folder, DecoderConfig config, ModelText text) => (Folder, Config, Text) = (folder, config, text);

    public ModelFolder Folder { get; }

    /// <summary>Shape and arithmetic of the model.</summary>
    public DecoderConfig Config { get; }

    /// <summary>Tokenizer and chat template.</summary>
    public ModelText Text { get; }

    /// <summary>What is worth knowing about a model that can be used all the same.</summary>
    public IEnumerable<Problem> Findings
    {
        get
        {
            if (Text.TemplateFault is { } fault)
            {
                yield return new("chat_template_broken", "chat_template", ProblemSeverity.Warning, $"Chat is not possible, because the chat template cannot be used: {fault}", fault);
            }
            else if (Refusal() is { } refusal)
            {
                yield return new("chat_template_refuses", "chat_template", ProblemSeverity.Warning, $"The chat template refuses a conversation of one message: {refusal}", refusal);
            }

            foreach (var problem in Folder.Generation.Ends.Problems()) yield return problem;
        }
    }

    /// <summary>Reads tokenizer and chat template, and compares the headers of the weights with the configuration.</summary>
    /// <exception cref="BadInputException">Something in the folder is missing, broken or not supported; the message names file, place and reason.</exception>
    public static ModelDescription Read(string folder)
    {
        var (opened, config) = DecoderFolder.Read(folder);
        return new ModelDescription(opened, config, ModelText.Read(opened.Path));
    }

    // A template may parse and still name a filter that does not exist.
    private string? Refusal()
    {
        try
        {
            Text.Template?.Render([new ChatMessage("user", "1+1?")], addGenerationPrompt: true);
            return null;
        }
        catch (ChatTemplateException e)
        {
            return e.Message;
        }
    }
}
