using R1Lab.Engine.Tokenization;
using R1Lab.Samples.Corpus;

namespace R1Lab.Samples.Making;

/// <summary>The demo model's own vocabulary and chat template, of the form DeepSeek-R1 gave its models: the prompt ends with an opened thought.</summary>
public static class DemoVocabulary
{
    private const int Size = 1280;
    private const int Rows = 20_000;
    private const string Begin = "<｜begin▁of▁sentence｜>";
    private const string End = "<｜end▁of▁sentence｜>";
    private const string User = "<｜User｜>";
    private const string Assistant = "<｜Assistant｜>";
    private const string ThoughtBegin = "<think>";
    private const string ThoughtEnd = "</think>";

    // Earlier answers stand without their thoughts.
    private const string Template =
        "{{ bos_token }}{% for message in messages %}" +
        "{% if message['role'] == 'user' %}{{ '" + User + "' + message['content'] }}" +
        "{% elif message['role'] == 'assistant' %}{{ '" + Assistant + "' + (message['content'].split('" + ThoughtEnd + "')[-1] | trim) + eos_token }}" +
        "{% else %}{{ message['content'] }}{% endif %}" +
        "{% endfor %}{% if add_generation_prompt %}{{ '" + Assistant + ThoughtBegin + "\\n' }}{% endif %}";

    /// <summary>Learns the vocabulary from the pre-training corpus alone and writes the tokenizer's files.</summary>
    public static Tokenizer Train(string folder, int maxPositions)
    {
        var texts = DemoCorpus.PreTraining().Take(Rows).SelectMany(problem => (string[])[problem.Prompt, problem.Response]);
        var settings = new BpeTrainerSettings
        {
            VocabularySize = Size,
            SpecialTokens = [Begin, End],
            AddedTokens = [User, Assistant, ThoughtBegin, ThoughtEnd],
            BosToken = Begin,
            EosToken = End,
            PadToken = End,
            AddBosToken = true,
            ChatTemplate = Template,
            ModelMaxLength = maxPositions,
        };
        return BpeTrainer.Train(texts, settings, folder);
    }
}
