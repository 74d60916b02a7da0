namespace R1Lab.Engine.Tokenization;

/// <summary>A tokenizer.json, read strictly: what is broken or cannot be honoured is refused with the file, the field and the token named.</summary>
internal sealed class TokenizerFile
{
    public const string FileName = "tokenizer.json";

    /// <summary>The largest published ones have 35 MB.</summary>
    public const long MostBytes = 128_000_000;

    /// <summary>Every character of an added token costs a node of the matcher; the largest published ones have 30,000 in all.</summary>
    private const int MostAddedCharacters = 1_000_000;

    private const int LongestAddedToken = 256;

    private readonly Vocabulary _vocabulary;
    private long _addedCharacters;
    private readonly Dictionary<string, AddedToken> _addedByContent = new(StringComparer.Ordinal);
    private readonly Dictionary<int, AddedToken> _addedById = [];

    private TokenizerFile(JsonField root)
    {
        Model = BytePairEncoder.Read(root.Required("model"), out _vocabulary);
        foreach (var field in root.Optional("added_tokens")?.Items() ?? []) Add(field);
        Normalizer = TextNormalizer.Read(root.Optional("normalizer"));
        Splitter = TextSplitter.Read(root);
        PostProcessor = PostProcessor.Read(root.Optional("post_processor"), id => TokenOf(id) is not null);
        RefuseOtherDecoders(root.Optional("decoder"));
        Size = Math.Max(_vocabulary.Size, _addedById.Keys.DefaultIfEmpty(-1).Max() + 1);
    }

    public BytePairEncoder Model { get; }

    public TextNormalizer Normalizer { get; }

    public TextSplitter Splitter { get; }

    public PostProcessor PostProcessor { get; }

    public IEnumerable<AddedToken> AddedTokens => _addedById.Values;

    /// <summary>Highest id + 1, added tokens included.</summary>
    public int Size { get; }

    /// <exception cref="BadInputException">The file is missing, broken, or of a kind that is not supported.</exception>
    public static TokenizerFile Read(string file)
    {
        using var document = JsonField.ReadObject(file, MostBytes);
        return new TokenizerFile(new JsonField(file, "", document.RootElement));
    }

    public string? TokenOf(int id) => _addedById.TryGetValue(id, out var added) ? added.Content : _vocabulary.TokenOf(id);

    public int? IdOf(string token) => _addedByContent.TryGetValue(token, out var added) ? added.Id : _vocabulary.IdOf(token);

    public AddedToken? AddedTokenOf(int id) => _addedById.GetValueOrDefault(id);

    private void Add(JsonField field)
    {
        var token = new AddedToken(
            field.Required("id").Integer(),
            field.Required("content").Text(),
            field.FlagOf("single_word"),
            field.FlagOf("lstrip"),
            field.FlagOf("rstrip"),
            field.FlagOf("normalized"),
            field.FlagOf("special"));
        if (FaultOf(token) is { } fault) throw new BadInputException(field.Source, $"{field.Path}.id", fault);
        _addedCharacters += token.Content.Length;
        if (_addedCharacters > MostAddedCharacters) throw new BadInputException(field.Source, "added_tokens", "added_tokens_long", $"the added tokens have more than {MostAddedCharacters} characters together");
        _addedByContent[token.Content] = token;
        _addedById[token.Id] = token;
    }

    private Fault? FaultOf(AddedToken token)
    {
        if (token.Content.Length > LongestAddedToken) return Fault.Of("added_token_long", $"the added token with id {token.Id} has {token.Content.Length} characters; at most {LongestAddedToken} are read");
        if (token.Id < 0) return Fault.Of("token_id_negative", $"id of {token.Content} must not be negative (it is {token.Id})");
        if (token.Id > Vocabulary.LargestId) return Fault.Of("token_id_large", $"id {token.Id} of {token.Content} is larger than any vocabulary ({Vocabulary.LargestId})");
        if (IdOf(token.Content) is { } other && other != token.Id) return Fault.Of("token_two_ids", $"token {token.Content} has both id {other} and id {token.Id}");
        if (TokenOf(token.Id) is { } holder && holder != token.Content) return Fault.Of("token_id_twice", $"id {token.Id} is used by both {holder} and {token.Content}");
        return null;
    }

    private static void RefuseOtherDecoders(JsonField? field)
    {
        if (field is not { } decoder) return;
        var type = decoder.Required("type");
        switch (type.Text())
        {
            case "ByteLevel":
                return;
            case "Sequence":
                foreach (var step in decoder.Required("decoders").Items()) RefuseOtherDecoders(step);
                return;
            default:
                throw type.Wrong("decoder_unsupported", $"unsupported decoder {type.Text()}; supported: ByteLevel");
        }
    }
}
