using System.Runtime.InteropServices;
using R1Lab.Engine.Tokenization;

namespace R1Lab.Engine.Datasets;

/// <summary>
/// Rows to token ids and labels. The prompt is what the model is asked with at work (its chat template, up to where it should speak); the response
/// follows it as tokens of its own, so the border between both is a token border and labels need no guessing. The end-of-text token is learned.
/// </summary>
public sealed class ExampleEncoder
{
    private const string EmptyThought = $"{ResponseParts.Open}\n\n{ResponseParts.Close}\n\n";

    private const int ShortestRepeat = 24;

    private readonly Tokenizer _tokenizer;
    private readonly ChatTemplate? _template;
    private readonly ThinkingPolicy _policy;
    private readonly int _maxLength;
    private readonly int? _end;
    private readonly TurnMarks _turnMarks;

    /// <param name="tokenizer">The model's.</param>
    /// <param name="template">The model's; null: the prompt is given to the model as bare text.</param>
    /// <param name="policy">What to do with thoughts.</param>
    /// <param name="maxLength">Longest row in tokens.</param>
    public ExampleEncoder(Tokenizer tokenizer, ChatTemplate? template, ThinkingPolicy policy, int maxLength)
    {
        (_tokenizer, _template, _policy, _maxLength, _end) = (tokenizer, template, policy, maxLength, tokenizer.EosId);
        ModelThinks = ThoughtMarks.Of(tokenizer, template).AreKnown;
        _turnMarks = TurnMarks.Of(tokenizer, template);
    }

    /// <summary>Whether vocabulary or template know the marks of a thought; where not, responses are learned as they stand.</summary>
    public bool ModelThinks { get; }

    /// <summary>Encodes one row of text.</summary>
    /// <param name="rowId">Kept on the example, for messages.</param>
    public EncodedRow Encode(DatasetRow row, int? rowId = null)
    {
        var prompt = Prompt(row);
        var parts = ResponseParts.Of(row.Response);
        var (ids, labels) = (new List<int>(_tokenizer.Encode(prompt, addSpecialTokens: _template is null)), new List<int>());
        var promptTokens = ids.Count;
        for (var i = 0; i < promptTokens; i++) labels.Add(TokenExample.NotTrained);
        foreach (var (text, trained) in ModelThinks ? Follow(prompt, row.Response, parts) : [(row.Response, true)])
        {
            foreach (var id in text.Length == 0 ? [] : _tokenizer.Encode(text, addSpecialTokens: false)) Add(ids, labels, id, trained);
        }

        if (_end is { } end && ids[^1] != end) Add(ids, labels, end, trained: true);
        var example = new TokenExample([.. ids], [.. labels], rowId);
        return new EncodedRow(example, OmissionOf(example, parts), TraitsOf(row, parts, ids, promptTokens), promptTokens);
    }

    private RowTraits TraitsOf(DatasetRow row, ResponseParts parts, List<int> ids, int promptTokens)
    {
        var traits = parts.HasThought ? RowTraits.Thought : parts.Closer.Length > 0 ? RowTraits.EmptyThought : RowTraits.None;
        if (Repeats(row.Response, row.Prompt)) traits |= RowTraits.RepeatsPrompt;
        if (_turnMarks.AreIn(CollectionsMarshal.AsSpan(ids)[promptTokens..])) traits |= RowTraits.TurnMarks;
        return traits;
    }

    // A short prompt may well begin its answer ("12+30" gives "12+30=42"); a long one does so only where columns were mixed up.
    private static bool Repeats(string response, string prompt) =>
        prompt.AsSpan().Trim() is { Length: >= ShortestRepeat } asked && response.AsSpan().TrimStart().StartsWith(asked, StringComparison.Ordinal);

    private static void Add(List<int> ids, List<int> labels, int id, bool trained)
    {
        ids.Add(id);
        labels.Add(trained ? id : TokenExample.NotTrained);
    }

    private RowOmission OmissionOf(TokenExample example, ResponseParts parts)
    {
        if (ModelThinks && parts.IsUnclosed) return RowOmission.UnclosedThought;
        if (ModelThinks && _policy == ThinkingPolicy.DropRowsWithoutThought && !parts.HasThought) return RowOmission.NoThought;
        if (example.Length > _maxLength) return RowOmission.TooLong;
        return example.TrainedTokens == 0 ? RowOmission.NothingLearned : RowOmission.None;
    }

    private string Prompt(DatasetRow row)
    {
        if (_template is null) return string.Join("\n\n", [.. row.Context.Select(turn => turn.Content), row.Prompt]);
        return _template.Render([.. row.Context.Select(turn => new ChatMessage(turn.Role, turn.Content)), new ChatMessage("user", row.Prompt)], addGenerationPrompt: true);
    }

    // What follows the prompt, in pieces that are learned or only shown.
    private IEnumerable<(string Text, bool Trained)> Follow(string prompt, string response, ResponseParts parts)
    {
        var opened = OpenedBy(prompt);
        if (_policy == ThinkingPolicy.NoThinking) return opened is null ? [(parts.Answer, true)] : [($"\n{ResponseParts.Close}\n\n{parts.Answer}", true)];
        if (parts.IsUnclosed) return [(response, true)];
        if (!parts.HasThought) return [(opened is null ? EmptyThought : $"\n{ResponseParts.Close}\n\n", false), (parts.Answer, true)];
        var thought = Thought(parts, opened) + parts.Closer;
        return _policy == ThinkingPolicy.AnswerOnly ? [(thought, false), (parts.Answer, true)] : [(thought + parts.Answer, true)];
    }

    // The mark must stand exactly once: where the prompt already opened the thought, the row's own mark and the space it shares with the prompt fall away.
    private static string Thought(ResponseParts parts, string? opened)
    {
        if (opened is null) return parts.Opener.Length > 0 ? parts.Opener + parts.Thought : $"{ResponseParts.Open}\n{parts.Thought}";
        var space = opened[ResponseParts.Open.Length..];
        return space.Length > 0 && parts.Opener.Length > 0 && parts.Thought.StartsWith(space, StringComparison.Ordinal) ? parts.Thought[space.Length..] : parts.Thought;
    }

    // The end of a prompt that leaves the model inside its thought, from the mark on; null for any other prompt.
    private static string? OpenedBy(string prompt)
    {
        var end = prompt.TrimEnd();
        return end.EndsWith(ResponseParts.Open, StringComparison.Ordinal) ? prompt[(end.Length - ResponseParts.Open.Length)..] : null;
    }
}
