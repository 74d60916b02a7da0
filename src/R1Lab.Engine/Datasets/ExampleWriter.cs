using R1Lab.Engine.Tokenization;

namespace R1Lab.Engine.Datasets;

/// <summary>
/// Collects the tokens of one example: a prompt, an answer, and what a chat template writes between it and the next one. Prompt and answer are
/// encoded apart, as they are at work, where the answer comes token by token behind the prompt.
/// </summary>
internal sealed class ExampleWriter
{
    private readonly Tokenizer _tokenizer;
    private readonly List<int> _ids = [];
    private readonly List<int> _labels = [];
    private string _text;

    /// <param name="addSpecialTokens">Where there is no chat template that writes them.</param>
    public ExampleWriter(Tokenizer tokenizer, string prompt, bool addSpecialTokens)
    {
        (_tokenizer, _text) = (tokenizer, prompt);
        Add(tokenizer.Encode(prompt, addSpecialTokens), trained: false);
        PromptTokens = _ids.Count;
    }

    /// <summary>Tokens before the first answer.</summary>
    public int PromptTokens { get; }

    /// <summary>Token ids of the answers, for what they hold.</summary>
    public List<int[]> Answers { get; } = [];

    /// <summary>
    /// Continues with the prompt of the next answer, where the text so far is how it begins. Templates that show earlier answers otherwise than they
    /// were said, without their thought for example, need an example for each answer.
    /// </summary>
    public bool Continue(string prompt)
    {
        if (!prompt.StartsWith(_text, StringComparison.Ordinal)) return false;
        Add(_tokenizer.Encode(prompt[_text.Length..], addSpecialTokens: false), trained: false);
        _text = prompt;
        return true;
    }

    /// <summary>Adds an answer in pieces that are learned or only shown, and the token that ends it.</summary>
    public void Answer(IEnumerable<(string Text, bool Trained)> pieces)
    {
        var start = _ids.Count;
        foreach (var (text, trained) in pieces)
        {
            if (text.Length > 0) Add(_tokenizer.Encode(text, addSpecialTokens: false), trained);
            _text += text;
        }

        if (_tokenizer.EosId is { } end && _ids[^1] != end)
        {
            Add([end], trained: true);
            _text += _tokenizer.IdToToken(end);
        }

        Answers.Add([.. _ids[start..]]);
    }

    /// <summary>The example.</summary>
    /// <param name="learnsEverything">Whether the prompts are learned too.</param>
    public TokenExample Finish(bool learnsEverything, int? rowId)
    {
        int[] ids = [.. _ids];
        return new TokenExample(ids, learnsEverything ? [.. ids] : [.. _labels], rowId);
    }

    private void Add(IEnumerable<int> ids, bool trained)
    {
        foreach (var id in ids)
        {
            _ids.Add(id);
            _labels.Add(trained ? id : TokenExample.NotTrained);
        }
    }
}
