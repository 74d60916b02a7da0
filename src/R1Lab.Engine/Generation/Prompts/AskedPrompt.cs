using R1Lab.Engine.Tokenization;

namespace R1Lab.Engine.Generation;

/// <summary>What a client asks, before a model is known: a conversation, a text or token ids.</summary>
/// <param name="Field">The field of the request that holds it, for refusals.</param>
public abstract record AskedPrompt(string Field)
{
    /// <summary>What the model is given.</summary>
    /// <exception cref="AskRefusedException">The model cannot be given this.</exception>
    public PreparedPrompt Prepare(ModelVocabulary model)
    {
        var prepared = Encode(model);
        model.CheckPrompt(prepared.Tokens, Field);
        return prepared;
    }

    /// <summary>The same for display: it may have no tokens.</summary>
    /// <exception cref="AskRefusedException">The model cannot be given this.</exception>
    public abstract PreparedPrompt Encode(ModelVocabulary model);
}

/// <summary>A prompt as the model reads it.</summary>
/// <param name="Tokens">Token ids.</param>
/// <param name="ReplyStart">Whether the model continues with a thought or an answer.</param>
public sealed record PreparedPrompt(IReadOnlyList<int> Tokens, ThoughtState ReplyStart);

/// <summary>A finished text, continued as it stands.</summary>
public sealed record TextPrompt(string Field, string Text) : AskedPrompt(Field)
{
    /// <summary>Whether the tokenizer adds its own tokens, such as the one that begins every text.</summary>
    public bool AddSpecialTokens { get; init; } = true;

    /// <summary>The model is given only this many of the last tokens; null: all.</summary>
    public int? KeepLast { get; init; }

    public override PreparedPrompt Encode(ModelVocabulary model)
    {
        var tokens = model.RequireTokenizer(Field).Encode(Text, AddSpecialTokens);
        return new PreparedPrompt(KeepLast is { } keep ? [.. tokens.TakeLast(keep)] : tokens, ThinkingSplitter.AtEndOf(Text));
    }
}

/// <summary>Token ids, given as they are.</summary>
public sealed record TokenPrompt(string Field, IReadOnlyList<int> Ids) : AskedPrompt(Field)
{
    public override PreparedPrompt Encode(ModelVocabulary model) => new(Ids, ThoughtState.None);
}
