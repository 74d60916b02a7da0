using System.Collections.Concurrent;
using Microsoft.ML.Tokenizers;

namespace R1Lab.Engine.Tokenization;

/// <summary>
/// One piece of text to token ids: bytes, then byte pair merges by Microsoft.ML.Tokenizers. Pieces that were seen are remembered. Safe to use
/// from several threads.
/// </summary>
internal sealed class BytePairEncoder
{
    private const int LongestLibraryPiece = 1000;
    private const int LongestRememberedPiece = 64;
    private const int MostRememberedPieces = 100_000;

    private readonly Vocabulary _vocabulary;
    private readonly BpeTokenizer _library;
    private readonly LongPieceMerger _longPieces;
    private readonly bool _ignoreMerges;
    private readonly bool _fuseUnknown;
    private readonly int? _unknown;
    private readonly ConcurrentDictionary<string, int[]> _remembered = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int[]>.AlternateLookup<ReadOnlySpan<char>> _lookup;

    private BytePairEncoder(Vocabulary vocabulary, MergeTable merges, string? unknown, bool fuseUnknown, bool ignoreMerges)
    {
        _vocabulary = vocabulary;
        _longPieces = new LongPieceMerger(merges);
        _ignoreMerges = ignoreMerges;
        _fuseUnknown = fuseUnknown;
        _unknown = unknown is null ? null : vocabulary.IdOf(unknown);
        _library = BpeTokenizer.Create(new BpeOptions(vocabulary.Ids)
        {
            Merges = merges.Lines(),
            PreTokenizer = new WholeText(),
            UnknownToken = unknown,
            FuseUnknownTokens = fuseUnknown,
        });
        _lookup = _remembered.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>Reads the <c>model</c> of a tokenizer.json.</summary>
    /// <exception cref="BadInputException">Another kind of model, a setting this reader cannot honour, or a broken vocabulary or merge list.</exception>
    public static BytePairEncoder Read(JsonField model, out Vocabulary vocabulary)
    {
        RefuseUnsupported(model);
        vocabulary = Vocabulary.Read(model.Required("vocab"));
        var merges = MergeTable.Read(model.Required("merges"), vocabulary);
        var unknown = model.Optional("unk_token");
        if (unknown is { } named && vocabulary.IdOf(named.Text()) is null) throw named.Wrong("unknown_token", $"unknown token {named.Text()} is not in the vocab");
        return new BytePairEncoder(vocabulary, merges, unknown?.Text(), model.FlagOf("fuse_unk"), model.FlagOf("ignore_merges"));
    }

    /// <summary>Adds the ids of a well-formed piece.</summary>
    public void Encode(ReadOnlySpan<char> piece, List<int> ids)
    {
        if (!_lookup.TryGetValue(piece, out var known))
        {
            known = EncodeBytes(ByteAlphabet.Write(piece));
            if (piece.Length <= LongestRememberedPiece && _remembered.Count < MostRememberedPieces) _remembered.TryAdd(piece.ToString(), known);
        }

        ids.AddRange(known);
    }

    private int[] EncodeBytes(string bytes)
    {
        if (_ignoreMerges && _vocabulary.IdOf(bytes) is { } whole) return [whole];
        if (bytes.Length > LongestLibraryPiece) return [.. _longPieces.Merge(Symbols(bytes))];
        return [.. _library.EncodeToIds(bytes, considerPreTokenization: false, considerNormalization: false)];
    }

    private int[] Symbols(string bytes)
    {
        var symbols = new List<int>(bytes.Length);
        var afterUnknown = false;
        foreach (var unit in bytes)
        {
            var id = _vocabulary.IdOf(unit.ToString());
            if (id is not null || (_unknown is not null && !(afterUnknown && _fuseUnknown))) symbols.Add(id ?? _unknown!.Value);
            afterUnknown = id is null;
        }

        return [.. symbols];
    }

    private static void RefuseUnsupported(JsonField model)
    {
        if (model.Optional("type") is { } type && type.Text() != "BPE") throw type.Wrong("tokenizer_model", $"unsupported tokenizer model {type.Text()}; supported: BPE");
        foreach (var name in (string[])["continuing_subword_prefix", "end_of_word_suffix"])
        {
            if (model.Optional(name) is { } affix && affix.Text().Length > 0) throw affix.Wrong("bpe_affix", $"is not supported for byte-level BPE");
        }

        if (model.Optional("byte_fallback") is { } fallback && fallback.Flag()) throw fallback.Wrong("bpe_byte_fallback", $"is not supported: only byte-level BPE is");
        if (model.Optional("dropout") is { } dropout && dropout.Value.ToString() is not ("0" or "0.0")) throw dropout.Wrong("bpe_dropout", $"must be null: it would make encoding random");
    }

    /// <summary>The pieces are already cut.</summary>
    private sealed class WholeText : PreTokenizer
    {
        public override IEnumerable<(int Offset, int Length)> PreTokenize(string text) => [(0, text.Length)];

        public override IEnumerable<(int Offset, int Length)> PreTokenize(ReadOnlySpan<char> text) => [(0, text.Length)];
    }
}
