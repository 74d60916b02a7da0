using System.Buffers;
using System.Text;

namespace R1Lab.Engine.Tokenization;

/// <summary>
/// Token ids to text as they come. A character is handed over when all its bytes are there; bytes that can never become one turn into U+FFFD at
/// once. All pieces together equal <see cref="Tokenizer.Decode"/> of the whole.
/// </summary>
public sealed class StreamingDetokenizer
{
    private const int LongestUnfinished = 3; // of a UTF-8 character, which has four bytes at most

    private readonly Tokenizer _tokenizer;
    private readonly bool _skipSpecialTokens;
    private byte[] _unfinished = [];

    internal StreamingDetokenizer(Tokenizer tokenizer, bool skipSpecialTokens)
    {
        _tokenizer = tokenizer;
        _skipSpecialTokens = skipSpecialTokens;
    }

    /// <summary>Whether the tokens so far end in the middle of a character.</summary>
    public bool IsInsideCharacter => _unfinished.Length > 0;

    /// <summary>The text that became certain with this token, possibly none.</summary>
    public string Push(int id)
    {
        var bytes = BytesWith(id);
        var whole = WholeLength(bytes);
        _unfinished = bytes[whole..];
        return Encoding.UTF8.GetString(bytes, 0, whole);
    }

    /// <summary>The text that would become certain if this token came next; nothing changes.</summary>
    public string Peek(int id)
    {
        var bytes = BytesWith(id);
        return Encoding.UTF8.GetString(bytes, 0, WholeLength(bytes));
    }

    /// <summary>What is left at the end: a character that was never finished becomes U+FFFD. The detokenizer can then be used again.</summary>
    public string Flush()
    {
        var text = Encoding.UTF8.GetString(_unfinished);
        _unfinished = [];
        return text;
    }

    private byte[] BytesWith(int id)
    {
        var bytes = _tokenizer.BytesOf(id, _skipSpecialTokens);
        return _unfinished.Length == 0 ? bytes : [.. _unfinished, .. bytes];
    }

    // Bytes up to the beginning of a character whose end is missing.
    private static int WholeLength(ReadOnlySpan<byte> bytes)
    {
        for (var tail = Math.Min(LongestUnfinished, bytes.Length); tail > 0; tail--)
        {
            if (Rune.DecodeFromUtf8(bytes[^tail..], out _, out _) == OperationStatus.NeedMoreData) return bytes.Length - tail;
        }

        return bytes.Length;
    }
}
