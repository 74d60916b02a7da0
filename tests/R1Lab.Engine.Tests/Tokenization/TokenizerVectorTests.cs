using System.Text;
using R1Lab.Engine.Tokenization.Unicode;

namespace R1Lab.Engine.Tests.Tokenization;

/// <summary>450 texts and 180 slices of ids, answered by Hugging Face's tokenizers 0.23.2 (tests/Golden/tokenizer-vectors).</summary>
public sealed class TokenizerVectorTests
{
    public static TheoryData<string> Names => PublicTokenizers.Names;

    [Theory, MemberData(nameof(Names))]
    public void Encode_ReferenceTexts_GivesTheReferenceIds(string name)
    {
        var tokenizer = PublicTokenizers.Load(name);
        var vectors = PublicTokenizers.Vectors("tokenizer-vectors", $"{name}.jsonl");

        var wrong = vectors.Where(vector =>
            !tokenizer.Encode((string)vector["text"]!, (bool)vector["add_special_tokens"]!).SequenceEqual(PublicTokenizers.Ids(vector)));

        Assert.Equal(150, vectors.Length);
        Assert.Empty(wrong.Select(vector => (string)vector["text"]!));
    }

    [Theory, MemberData(nameof(Names))]
    public void Decode_ReferenceIds_GivesTheReferenceText(string name)
    {
        var tokenizer = PublicTokenizers.Load(name);
        var vectors = PublicTokenizers.Vectors("tokenizer-vectors", $"{name}.jsonl");

        var decoded = vectors.Select(vector => (tokenizer.Decode(PublicTokenizers.Ids(vector)), tokenizer.Decode(PublicTokenizers.Ids(vector), true)));

        Assert.Equal(vectors.Select(vector => ((string)vector["decoded"]!, (string)vector["decoded_skip"]!)), decoded);
    }

    [Theory, MemberData(nameof(Names))]
    public void Decode_SlicesThatCutCharacters_GivesTheReferenceText(string name)
    {
        var tokenizer = PublicTokenizers.Load(name);
        var vectors = PublicTokenizers.Vectors("tokenizer-vectors", $"{name}.decode.jsonl");

        var decoded = vectors.Select(vector => tokenizer.Decode(PublicTokenizers.Ids(vector), (bool)vector["skip_special_tokens"]!));

        Assert.Equal(60, vectors.Length);
        Assert.Equal(vectors.Select(vector => (string)vector["decoded"]!), decoded);
    }

    [Theory, MemberData(nameof(Names))]
    public void StreamingDetokenizer_EveryVector_EqualsTheWholeDecode(string name)
    {
        var tokenizer = PublicTokenizers.Load(name);
        var vectors = PublicTokenizers.Vectors("tokenizer-vectors", $"{name}.jsonl").Concat(PublicTokenizers.Vectors("tokenizer-vectors", $"{name}.decode.jsonl"));

        foreach (var ids in vectors.Select(PublicTokenizers.Ids))
        {
            foreach (var skip in (bool[])[false, true])
            {
                var detokenizer = tokenizer.CreateDetokenizer(skip);
                var pieces = ids.Select(detokenizer.Push).ToList();
                pieces.Add(detokenizer.Flush());
                Assert.Equal(tokenizer.Decode(ids, skip), string.Concat(pieces));
                Assert.DoesNotContain(pieces, piece => piece.Length > 0 && (char.IsLowSurrogate(piece[0]) || char.IsHighSurrogate(piece[^1])));
            }
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void Decode_OfEncodedRandomUnicode_IsTheNormalizedText(string name)
    {
        var tokenizer = PublicTokenizers.Load(name);
        var random = new Random(20260726);

        for (var round = 0; round < 400; round++)
        {
            var text = RandomText(random, random.Next(1, 60));
            var decoded = tokenizer.Decode(tokenizer.Encode(text, addSpecialTokens: false));
            Assert.Equal(name == "llama-bpe" ? text : UnicodeNormalizer.Normalize(text, NormalizationForm.FormC), decoded);
        }
    }

    [Theory, MemberData(nameof(Names))]
    public void Encode_LongPieces_MergesAsTheLibraryDoes(string name)
    {
        var tokenizer = PublicTokenizers.Load(name);
        var random = new Random(7);
        string[] syllables = ["in", "ter", "na", "tion", "al", "hyper", "ß", "é", "x", "qq"];

        // One piece of letters just below the limit of the library's merging and the same piece a little longer: ids agree up to the seam.
        var word = string.Concat(Enumerable.Range(0, 320).Select(_ => syllables[random.Next(syllables.Length)]));
        var below = tokenizer.Encode(word[..600], false);
        var above = tokenizer.Encode(word[..600] + new string('z', 900), false);

        Assert.Equal(below.SkipLast(8), above.Take(below.Count - 8));
        Assert.Equal(word, tokenizer.Decode(tokenizer.Encode(word, false)));
    }

    private static string RandomText(Random random, int length)
    {
        var text = new StringBuilder();
        while (length-- > 0)
        {
            var limit = random.Next(5) switch { 0 => 0x80, 1 => 0x800, 2 => 0x3000, 3 => 0x10000, _ => 0x110000 };
            var value = random.Next(limit);
            if (value is < 0xD800 or > 0xDFFF) text.Append(new Rune(value).ToString());
        }

        return text.ToString();
    }
}
