using System.Text.Json.Nodes;

namespace R1Lab.Engine.Tokenization;

/// <summary>
/// The tokens that a chat template sets turns apart with: every added token that it writes, whether the tokenizer calls it special or not
/// (R1's <c>&lt;｜User｜&gt;</c> is not). Marks of a thought, and what the template writes for an assistant's own tool calls alone, belong
/// into a response and are left out.
/// </summary>
public sealed class TurnMarks
{
    private readonly Tokenizer _tokenizer;
    private readonly HashSet<int> _marks;

    private TurnMarks(Tokenizer tokenizer, HashSet<int> marks) => (_tokenizer, _marks) = (tokenizer, marks);

    /// <summary>The marks of a template; none where there is none.</summary>
    public static TurnMarks Of(Tokenizer tokenizer, ChatTemplate? template)
    {
        if (template is null) return new TurnMarks(tokenizer, []);
        var turns = AddedIn(tokenizer, Rendered(template, [Turn("system"), Turn("user"), Turn("assistant"), Turn("user")]));
        HashSet<int> calls = turns.Count == 0 ? [] : AddedIn(tokenizer, Rendered(template, ToolCallForm.Of(template, null).Example()));
        var written = Visible(tokenizer).Where(token => template.Mentions(token.Content)).Select(token => token.Id);
        HashSet<int> marks = [.. written.Where(id => !calls.Contains(id)), .. turns];
        marks.RemoveWhere(id => tokenizer.IdToToken(id) is ThoughtMarks.Opening or ThoughtMarks.Closing);
        return new TurnMarks(tokenizer, marks);
    }

    /// <summary>Whether a response holds marks. The last of it may close the turn, and the tokens that end the text may follow.</summary>
    /// <param name="response">Token ids.</param>
    public bool AreIn(ReadOnlySpan<int> response)
    {
        while (response.Length > 0 && (response[^1] == _tokenizer.EosId || IsBlank(response[^1]))) response = response[..^1];
        foreach (var id in response[..Math.Max(0, response.Length - 1)])
        {
            if (_marks.Contains(id)) return true;
        }

        return false;
    }

    private bool IsBlank(int id) => string.IsNullOrWhiteSpace(_tokenizer.Decode([id]));

    private static JsonObject Turn(string role) => new ChatMessage(role, "?").ToJson();

    // Some vocabularies add runs of spaces or line breaks.
    private static IEnumerable<AddedToken> Visible(Tokenizer tokenizer) =>
        tokenizer.AddedTokens.Where(token => !string.IsNullOrWhiteSpace(token.Content));

    private static HashSet<int> AddedIn(Tokenizer tokenizer, string text)
    {
        var added = Visible(tokenizer).Select(token => token.Id).ToHashSet();
        return [.. tokenizer.Encode(text, addSpecialTokens: false).Where(added.Contains)];
    }

    // A template may refuse a system turn, or any made-up conversation.
    private static string Rendered(ChatTemplate template, JsonArray messages)
    {
        try
        {
            return template.Render(messages, addGenerationPrompt: true);
        }
        catch (ChatTemplateException)
        {
            if ((string?)messages[0]!["role"] != "system") return "";
            messages.RemoveAt(0);
            return Rendered(template, messages);
        }
    }
}
