using R1Lab.Engine.Tokenization;

namespace R1Lab.Engine.Datasets;

/// <summary>One token for eyes.</summary>
/// <param name="Text">The text it adds; empty where a character needs further tokens to be whole.</param>
/// <param name="Trained">Whether it is learned.</param>
public sealed record TokenPiece(int Id, string Text, bool Trained);

/// <summary>A row exactly as the model sees it.</summary>
public static class TokenView
{
    /// <summary>Every token with its text and whether it is learned; the texts together are the whole text, special tokens included.</summary>
    public static IReadOnlyList<TokenPiece> Of(TokenExample example, Tokenizer tokenizer)
    {
        var detokenizer = tokenizer.CreateDetokenizer(skipSpecialTokens: false);
        var pieces = new List<TokenPiece>(example.Length);
        for (var i = 0; i < example.Length; i++)
        {
            var text = detokenizer.Push(example.InputIds[i]);
            if (i == example.Length - 1) text += detokenizer.Flush();
            pieces.Add(new TokenPiece(example.InputIds[i], text, example.Labels[i] != TokenExample.NotTrained));
        }

        return pieces;
    }
}
