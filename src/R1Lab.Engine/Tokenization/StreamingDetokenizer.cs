using System.Text;

namespace R1Lab.Engine.Tokenization;

/// <summary>
/// Token ids to text as they come. A character is handed over when all its bytes are there; bytes that can never become one turn into U+FFFD at
/// once. All pieces together equal <see cref="Tokenizer.Decode"/> of the whole.
/// </summary>
public sealed class StreamingDetokenizer
{
    private readonly Tokenizer _tokenizer;
    private readonly bool _skipSpecialTokens;
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();

    internal StreamingDetokenizer(Tokenizer tokenizer, bool skipSpecialTokens)
    {
        _tokenizer = tokenizer;
        _skipSpecialTokens = skipSpecialTokens;
    }

    /// <summary>The text that became certain with this token, possibly none.</summary>
    public string Push(int id) => Decode(_tokenizer.BytesOf(id, _skipSpecialTokens), flush: false);

    /// <summary>What is left at the end: a character that was never finished becomes U+FFFD. The detokenizer can then begin anew.</summary>
    public string Flush() => Decode([], flush: true);

    private string Decode(ReadOnlySpan<byte> bytes, bool flush)
    {
        // A character begun earlier may come out beside those of these bytes.
        var text = new char[Encoding.UTF8.GetMaxCharCount(bytes.Length) + 4];
        return new string(text, 0, _decoder.GetChars(bytes, text, flush));
    }
}
