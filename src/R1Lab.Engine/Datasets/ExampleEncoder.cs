using System.Text.Json.Nodes;
using R1Lab.Engine.Tokenization;

namespace R1Lab.Engine.Datasets;

/// <summary>
/// Rows to token ids and labels. What stands before an answer is what the model is asked with at work (its chat template, up to where it should
/// speak); the answer follows it as tokens of its own, so the border between both is a token border and labels need no guessing. The end-of-text
/// token is learned. A conversation is one example as long as the template shows earlier answers as they were said, else one for each answer.
/// </summary>
public sealed class ExampleEncoder
{
    private const string EmptyThought = $"{ResponseParts.Open}\n\n{ResponseParts.Close}\n\n";

    private const int ShortestRepeat = 24;

    private readonly Tokenizer _tokenizer;
    private readonly ChatTemplate? _template;
    private readonly ThinkingPolicy _policy;
    private readonly TrainOn _trainOn;
    private readonly int _maxLength;
    private readonly TurnMarks _turnMarks;
    private readonly bool _templateWritesTools;

    /// <param name="tokenizer">The model's.</param>
    /// <param name="template">The model's; null: the prompt is given to the model as bare text.</param>
    /// <param name="policy">What to do with thoughts.</param>
    /// <param name="maxLength">Longest example in tokens.</param>
    /// <param name="trainOn">Which answers of a conversation are learned.</param>
    public ExampleEncoder(Tokenizer tokenizer, ChatTemplate? template, ThinkingPolicy policy, int maxLength, TrainOn trainOn = TrainOn.AllAssistantTurns)
    {
        (_tokenizer, _template, _policy, _maxLength, _trainOn) = (tokenizer, template, policy, maxLength, trainOn);
        ModelThinks = ThoughtMarks.Of(tokenizer, template).AreKnown;
        _turnMarks = TurnMarks.Of(tokenizer, template);
        _templateWritesTools = template?.Mentions("tools") ?? false;
    }

    /// <summary>Whether vocabulary or template know the marks of a thought; where not, responses are learned as they stand.</summary>
    public bool ModelThinks { get; }

    /// <summary>Encodes one conversation. A template that refuses it leaves it out, with its words.</summary>
    /// <param name="rowId">Kept on the examples, for messages.</param>
    public EncodedRow Encode(ConversationRow row, int? rowId = null)
    {
        var answers = Answers(row);
        try
        {
            var writers = Write(row, answers.Learned);
            var parts = writers.ConvertAll(writer => new EncodedPart(writer.Finish(_trainOn == TrainOn.WholeText, rowId), writer.PromptTokens));
            var omission = answers.Omission != RowOmission.None ? answers.Omission : OmissionOf(parts);
            return new EncodedRow(parts, omission, TraitsOf(row, answers.Learned, writers)) { RowId = rowId };
        }
        catch (ChatTemplateException e)
        {
            return new EncodedRow([], RowOmission.TemplateRefuses, RowTraits.None) { RowId = rowId, Refusal = e };
        }
    }

    private List<ExampleWriter> Write(ConversationRow row, IReadOnlyList<int> answers)
    {
        var writers = new List<ExampleWriter>();
        foreach (var at in answers)
        {
            var prompt = Prompt(row, at);
            var pieces = row.Turns[at].ToolCalls is null ? Answer(prompt, row.Turns[at].Content) : Calls(row, at, prompt);
            if (writers.Count == 0 || !writers[^1].Continue(prompt)) writers.Add(new ExampleWriter(_tokenizer, prompt, addSpecialTokens: _template is null));
            writers[^1].Answer(pieces);
        }

        return writers;
    }

    /// <summary>The answers that are learned, or would be if the row were not left out.</summary>
    private (IReadOnlyList<int> Learned, RowOmission Omission) Answers(ConversationRow row)
    {
        // Nothing asks for an answer that stands before every question.
        var asked = row.Turns.Index().SkipWhile(turn => turn.Item.Role != DatasetTurn.User).Where(turn => turn.Item.Role == DatasetTurn.Assistant).ToList();
        if (_trainOn != TrainOn.AllAssistantTurns) asked = [.. asked.TakeLast(1)];
        List<int> wanted = [.. asked.Where(turn => turn.Item.IsLearned).Select(turn => turn.Index)];
        if (!ModelThinks || _trainOn == TrainOn.WholeText) return (wanted, RowOmission.None);
        if (wanted.Exists(at => ResponseParts.Of(row.Turns[at].Content).IsUnclosed)) return (wanted, RowOmission.UnclosedThought);
        if (_policy != ThinkingPolicy.DropRowsWithoutThought) return (wanted, RowOmission.None);
        var thinking = wanted.FindAll(at => ResponseParts.Of(row.Turns[at].Content).HasThought);
        return thinking.Count > 0 || wanted.Count == 0 ? (thinking, RowOmission.None) : (wanted, RowOmission.NoThought);
    }

    private RowOmission OmissionOf(List<EncodedPart> parts)
    {
        if (parts.Sum(part => part.Example.TrainedTokens) == 0) return RowOmission.NothingLearned;
        return parts.TrueForAll(part => part.Example.Length > _maxLength) ? RowOmission.TooLong : RowOmission.None;
    }

    private RowTraits TraitsOf(ConversationRow row, IReadOnlyList<int> answers, List<ExampleWriter> writers)
    {
        var traits = RowTraits.None;
        foreach (var at in answers)
        {
            var parts = ResponseParts.Of(row.Turns[at].Content);
            traits |= parts.HasThought ? RowTraits.Thought : parts.Closer.Length > 0 ? RowTraits.EmptyThought : RowTraits.None;
            if (Repeats(row.Turns[at].Content, row.Turns.Take(at).Last(turn => turn.Role == DatasetTurn.User).Content)) traits |= RowTraits.RepeatsPrompt;
        }

        if (writers.Exists(writer => writer.Answers.Exists(answer => _turnMarks.AreIn(answer)))) traits |= RowTraits.TurnMarks;
        if (_template is { } template && (row.Turns.Any(turn => !template.WritesRole(turn.Role)) || (row.Tools is not null && !_templateWritesTools))) traits |= RowTraits.NotWritten;
        return traits;
    }

    // A short prompt may well begin its answer ("12+30" gives "12+30=42"); a long one does so only where columns were mixed up.
    private static bool Repeats(string response, string prompt) =>
        prompt.AsSpan().Trim() is { Length: >= ShortestRepeat } asked && response.AsSpan().TrimStart().StartsWith(asked, StringComparison.Ordinal);

    private string Prompt(ConversationRow row, int answer) => _template is null
        ? string.Join("\n\n", row.Turns.Take(answer).Select(turn => turn.Content))
        : Render(row, answer, addGenerationPrompt: true);

    private string Render(ConversationRow row, int turns, bool addGenerationPrompt)
    {
        var tools = row.Tools is null ? null : JsonNode.Parse(row.Tools)!.AsArray();
        var form = row.Turns.Take(turns).Any(turn => turn.ToolCalls is not null) ? ToolCallForm.Of(_template!, tools) : null;
        return _template!.Render(new JsonArray([.. row.Turns.Take(turns).Select(turn => Message(turn, form))]), addGenerationPrompt, tools);
    }

    // As a conversation stands at work: the thought of an earlier answer beside it, and the template decides whether the model sees it again.
    private JsonObject Message(DatasetTurn turn, ToolCallForm? form)
    {
        var parts = turn.Role == DatasetTurn.Assistant && ModelThinks ? ResponseParts.Of(turn.Content) : null;
        var message = new ChatMessage(turn.Role, parts is { HasThought: true } ? parts.Answer : turn.Content) { Reasoning = parts is { HasThought: true } ? parts.Thought.Trim('\n') : null }.ToJson();
        if (turn.Name is not null) message["name"] = turn.Name;
        if (turn.ToolCallId is not null) message["tool_call_id"] = turn.ToolCallId;
        if (turn.ToolCalls is null) return message;
        message["tool_calls"] = JsonNode.Parse(turn.ToolCalls);
        form?.Apply(message);
        return message;
    }

    private IEnumerable<(string Text, bool Trained)> Answer(string prompt, string response) =>
        ModelThinks ? Follow(prompt, response, ResponseParts.Of(response)) : [(response, true)];

    /// <summary>How the template itself writes calls of functions behind the prompt, up to where the turn ends.</summary>
    private IEnumerable<(string Text, bool Trained)> Calls(ConversationRow row, int at, string prompt)
    {
        if (_template is null) return [(row.Turns[at].Content + row.Turns[at].ToolCalls, true)];
        var written = Render(row, at + 1, addGenerationPrompt: false);
        var opened = OpenedBy(prompt);
        var lead = prompt;
        if (!written.StartsWith(lead, StringComparison.Ordinal) && opened is not null) lead = prompt[..^opened.Length];
        if (!written.StartsWith(lead, StringComparison.Ordinal)) throw new ChatTemplateException("chat template: it writes calls of functions otherwise than it asks for them");
        var text = written[lead.Length..];
        if (_tokenizer.EosId is { } end && text.LastIndexOf(_tokenizer.IdToToken(end)!, StringComparison.Ordinal) is var close && close >= 0) text = text[..close];
        if (lead.Length < prompt.Length) return [($"\n{ResponseParts.Close}\n\n", false), (text, true)];
        return text.StartsWith(EmptyThought, StringComparison.Ordinal) ? [(EmptyThought, false), (text[EmptyThought.Length..], true)] : [(text, true)];
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
