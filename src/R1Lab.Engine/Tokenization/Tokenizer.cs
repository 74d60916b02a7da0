using System.Text;

namespace R1Lab.Engine.Tokenization;

/// <summary>
/// Text to token ids and back, as the model's own tokenizer.json says: byte-level BPE as in Llama-3, Qwen and the DeepSeek-R1 distillates, with
/// the results of Hugging Face's tokenizers library. Safe to use from several threads.
/// </summary>
public sealed class Tokenizer
{
    private readonly TokenizerFile _file;
    private readonly AddedTokenMatcher _rawTokens;
    private readonly AddedTokenMatcher _normalizedTokens;

    private Tokenizer(TokenizerFile file, Dictionary<string, string> specialTokens)
    {
        _file = file;
        SpecialTokens = specialTokens;
        _rawTokens = new(file.AddedTokens.Where(token => !token.Normalized).Select(token => (token.Content, token)));
        _normalizedTokens = new(file.AddedTokens.Where(token => token.Normalized).Select(token => (file.Normalizer.Apply(token.Content), token)));
    }

    /// <summary>Highest id + 1, added tokens included. A model's embedding may have more rows.</summary>
    public int VocabularySize => _file.Size;

    /// <summary>bos_token, eos_token and so on with their text, for chat templates.</summary>
    public IReadOnlyDictionary<string, string> SpecialTokens { get; }

    public string? BosToken => SpecialTokens.GetValueOrDefault("bos_token");

    public string? EosToken => SpecialTokens.GetValueOrDefault("eos_token");

    public string? PadToken => SpecialTokens.GetValueOrDefault("pad_token");

    public int? BosId => BosToken is { } token ? TokenToId(token) : null;

    public int? EosId => EosToken is { } token ? TokenToId(token) : null;

    public int? PadId => PadToken is { } token ? TokenToId(token) : null;

    /// <summary>Reads tokenizer.json of a model folder, with tokenizer_config.json and special_tokens_map.json where they are there.</summary>
    /// <param name="modelFolder">The folder, or the path of a tokenizer.json itself, whatever its name; its neighbours are then not read.</param>
    /// <exception cref="BadInputException">A file is missing, broken or of an unsupported kind; the message names file, field and token.</exception>
    public static Tokenizer Load(string modelFolder) => File.Exists(modelFolder)
        ? new Tokenizer(TokenizerFile.Read(modelFolder), [])
        : new Tokenizer(TokenizerFile.Read(Path.Combine(modelFolder, TokenizerFile.FileName)), SpecialTokenNames.Read(modelFolder));

    /// <summary>The ids of a text. Special tokens written in it are recognized; half surrogate pairs count as U+FFFD.</summary>
    /// <param name="text">Any text.</param>
    /// <param name="addSpecialTokens">Whether to add what the post-processor adds, such as a leading BOS. False for text from a chat template.</param>
    public IReadOnlyList<int> Encode(string text, bool addSpecialTokens = true)
    {
        var wellFormed = WellFormed(text);
        var ids = new List<int>((text.Length / 3) + 4);
        var deadline = new SplitDeadline(text.Length);
        if (addSpecialTokens) ids.AddRange(_file.PostProcessor.Before);
        foreach (var (range, token) in _rawTokens.Cut(wellFormed))
        {
            if (token is null) EncodeNormalized(_file.Normalizer.Apply(wellFormed[range]), ids, deadline);
            else ids.Add(token.Id);
        }

        if (addSpecialTokens) ids.AddRange(_file.PostProcessor.After);
        return ids;
    }

    /// <summary>The text of the ids, with U+FFFD for every maximal sequence of bytes that is no character. Unknown ids stand for nothing.</summary>
    public string Decode(IReadOnlyList<int> ids, bool skipSpecialTokens = false)
    {
        var bytes = new List<byte>(ids.Count * 4);
        foreach (var id in ids) bytes.AddRange(BytesOf(id, skipSpecialTokens));
        return Encoding.UTF8.GetString([.. bytes]);
    }

    /// <summary>The token as tokenizer.json spells it (byte alphabet), or null when no token has this id.</summary>
    public string? IdToToken(int id) => _file.TokenOf(id);

    public int? TokenToId(string token) => _file.IdOf(token);

    /// <summary>Whether the token is left out when special tokens are skipped.</summary>
    public bool IsSpecial(int id) => _file.AddedTokenOf(id) is { Special: true };

    /// <summary>The tokens that are found in a text before anything else happens to it.</summary>
    internal IEnumerable<AddedToken> AddedTokens => _file.AddedTokens;

    public StreamingDetokenizer CreateDetokenizer(bool skipSpecialTokens = true) => new(this, skipSpecialTokens);

    internal byte[] BytesOf(int id, bool skipSpecialTokens) =>
        (skipSpecialTokens && IsSpecial(id)) || IdToToken(id) is not { } token ? [] : ByteAlphabet.Read(token);

    private void EncodeNormalized(string text, List<int> ids, SplitDeadline deadline)
    {
        foreach (var (range, token) in _normalizedTokens.Cut(text))
        {
            if (token is null) EncodeWords(text.AsMemory(range), ids, deadline);
            else ids.Add(token.Id);
        }
    }

    private void EncodeWords(ReadOnlyMemory<char> text, List<int> ids, SplitDeadline deadline)
    {
        foreach (var piece in _file.Splitter.Split(text, deadline)) _file.Model.Encode(piece.Span, ids);
    }

    /// <summary>Every half surrogate pair becomes U+FFFD, one unit for one, as a UTF-8 writer would do it.</summary>
    private static string WellFormed(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF')) return text;
        var units = text.ToCharArray();
        for (var at = 0; at < units.Length; at++)
        {
            if (!char.IsSurrogate(units[at])) continue;
            if (at + 1 < units.Length && char.IsSurrogatePair(units[at], units[at + 1])) at++;
            else units[at] = '\uFFFD';
        }

        return new string(units);
    }
}
