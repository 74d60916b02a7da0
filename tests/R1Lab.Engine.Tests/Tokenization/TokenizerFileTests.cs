using System.Text.Json.Nodes;
using R1Lab.Engine.Tokenization;
using R1Lab.Tests.Shared;

namespace R1Lab.Engine.Tests.Tokenization;

/// <summary>F15: a broken tokenizer.json is refused with the file, the field and the token named; a sound one loads.</summary>
public sealed class TokenizerFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("tokenizer-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("dev-b031_cut", "end of file", "ends too early")]
    [InlineData("dev-b032_array", "root", "must be a JSON object")]
    [InlineData("dev-b033_no_model", "model", "field model is missing")]
    [InlineData("dev-b034_unknown_model", "model.type", "unsupported tokenizer model SuperBPE; supported: BPE")]
    [InlineData("dev-b035_id_negative", "model.vocab[\"b\"]", "id of b must not be negative")]
    [InlineData("dev-b036_id_twice", "model.vocab[\"b\"]", "id 3 is used by both a and b")]
    [InlineData("dev-b037_merge_unknown_piece", "model.merges[1]", "merge 1: zz is not in the vocab")]
    [InlineData("dev-b038_merge_three", "model.merges[0]", "merge 0: must be two pieces")]
    public void Load_BrokenReferenceFile_NamesFileFieldAndToken(string name, string place, string reason)
    {
        var file = ReferenceFiles.Golden("badinput", $"{name}.tokenizer.json");

        var error = Assert.Throws<BadInputException>(() => Tokenizer.Load(file));

        Assert.Equal((file, place), (error.Input, error.Place));
        Assert.Contains(reason, error.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_SoundReferenceFile_Encodes()
    {
        var tokenizer = Tokenizer.Load(ReferenceFiles.Golden("badinput", "dev-c050_plain.tokenizer.json"));

        Assert.Equal([5], tokenizer.Encode("ab"));
        Assert.Equal([5, 0, 0, 0, 3], tokenizer.Encode("abxy a"));
        Assert.Equal("ab</s>", tokenizer.Decode([5, 2, 99]));
        Assert.Equal(7, tokenizer.VocabularySize);
    }

    public static TheoryData<string, string, string> Damages => new()
    {
        { "model.vocab", """{"a": 3, "b": "4"}""", "model.vocab[\"b\"]: id of b must be a whole number" },
        { "model.vocab", """{"a": 3, "b": 4.5}""", "model.vocab[\"b\"]: id of b must be a whole number" },
        { "model.vocab", """{"a": 3, "b": 99999999999}""", "model.vocab[\"b\"]: id 99999999999 of b is larger than any vocabulary" },
        { "model.vocab", """{"a": 3, "a": 4}""", "model.vocab[\"a\"]: token a is given twice" },
        { "model.vocab", """{"\ud83d": 3}""", "model.vocab: a token is not valid Unicode" },
        { "model.vocab", "[]", "model.vocab: must be a JSON object" },
        { "model.vocab", "{}", "model.vocab: is empty" },
        { "model.vocab", "null", "model.vocab: field vocab is missing" },
        { "model.merges", "null", "model.merges: field merges is missing" },
        { "model.merges", """["a b", 3]""", "model.merges[1]: merge 1: must be two pieces" },
        { "model.merges", """[["a"]]""", "model.merges[0]: merge 0: must be two pieces" },
        { "model.merges", """[["a", 1]]""", "model.merges[0][1]: must be a string" },
        { "model.merges", """["b a"]""", "model.merges[0]: merge 0: b and a make ba, which is not in the vocab" },
        { "model.unk_token", "\"<other>\"", "model.unk_token: unknown token <other> is not in the vocab" },
        { "model.dropout", "0.1", "model.dropout: must be null" },
        { "model.byte_fallback", "true", "model.byte_fallback: is not supported" },
        { "model.ignore_merges", "\"yes\"", "model.ignore_merges: must be true or false" },
        { "added_tokens", """[{"id": 3, "content": "<x>"}]""", "added_tokens[0].id: id 3 is used by both a and <x>" },
        { "added_tokens", """[{"id": 9, "content": "<x>"}, {"id": 9, "content": "<y>"}]""", "added_tokens[1].id: id 9 is used by both <x> and <y>" },
        { "added_tokens", """[{"id": 9, "content": "a"}]""", "added_tokens[0].id: token a has both id 3 and id 9" },
        { "added_tokens", """[{"id": -9, "content": "<x>"}]""", "added_tokens[0].id: id of <x> must not be negative" },
        { "added_tokens", """[{"content": "<x>"}]""", "added_tokens[0].id: field id is missing" },
        { "added_tokens", """[{"id": 9, "content": "<x>", "lstrip": 1}]""", "added_tokens[0].lstrip: must be true or false" },
        { "added_tokens", "7", "added_tokens: must be a JSON array" },
        { "normalizer", """{"type": "Rot13"}""", "normalizer.type: unsupported normalizer Rot13" },
        { "pre_tokenizer", "null", "pre_tokenizer: field pre_tokenizer is missing" },
        { "pre_tokenizer", """{"type": "Metaspace"}""", "pre_tokenizer: one ByteLevel step must come last" },
        { "pre_tokenizer", """{"type": "Sequence", "pretokenizers": [{"type": "Split", "pattern": {"Regex": "("}, "behavior": "Isolated"}, {"type": "ByteLevel"}]}""",
            "pre_tokenizer.pretokenizers[0].pattern.Regex: this regular expression is not supported" },
        { "pre_tokenizer", """{"type": "Sequence", "pretokenizers": [{"type": "Split", "pattern": {"String": "x"}, "behavior": "Sideways"}, {"type": "ByteLevel"}]}""",
            "pre_tokenizer.pretokenizers[0].behavior: unknown behavior Sideways" },
        { "post_processor", """{"type": "Magic"}""", "post_processor.type: unsupported post-processor Magic" },
        { "post_processor", """{"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>"}}, {"Sequence": {"id": "A"}}], "special_tokens": {}}""",
            "post_processor.single[0].SpecialToken.id: special token <s> is not in special_tokens" },
        { "post_processor", """{"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>"}}, {"Sequence": {"id": "A"}}], "special_tokens": {"<s>": {"ids": [77]}}}""",
            "post_processor.special_tokens.<s>.ids[0]: id 77 is not in the vocab" },
        { "decoder", """{"type": "WordPiece"}""", "decoder.type: unsupported decoder WordPiece" },
    };

    [Theory, MemberData(nameof(Damages))]
    public void Load_DamagedField_NamesItAndTheReason(string path, string json, string complaint)
    {
        var file = Path.Combine(_folder, "tokenizer.json");
        var text = File.ReadAllText(ReferenceFiles.Golden("badinput", "dev-c050_plain.tokenizer.json"));
        var root = JsonNode.Parse(text)!.AsObject();
        var parts = path.Split('.');
        var parent = parts.SkipLast(1).Aggregate(root, (node, part) => node[part]!.AsObject());
        parent[parts[^1]] = "@here@";
        File.WriteAllText(file, root.ToJsonString().Replace("\"@here@\"", json, StringComparison.Ordinal));

        var error = Assert.Throws<BadInputException>(() => Tokenizer.Load(_folder));

        Assert.StartsWith($"{file}: {complaint}", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_EveryCutOfASoundFile_SaysThatItEndsTooEarly()
    {
        var bytes = File.ReadAllBytes(ReferenceFiles.Golden("badinput", "dev-c050_plain.tokenizer.json"));
        var file = Path.Combine(_folder, "tokenizer.json");

        for (var length = 0; length < bytes.Length - 1; length += 13)
        {
            File.WriteAllBytes(file, bytes[..length]);
            var error = Assert.Throws<BadInputException>(() => Tokenizer.Load(_folder));
            Assert.Contains("ends too early", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Load_RandomByteChanges_OnlyEverRefusesInWords()
    {
        var bytes = File.ReadAllBytes(ReferenceFiles.Golden("badinput", "dev-c050_plain.tokenizer.json"));
        var file = Path.Combine(_folder, "tokenizer.json");
        var random = new Random(15);
        var refused = 0;

        for (var round = 0; round < 600; round++)
        {
            var mutant = bytes.ToArray();
            for (var change = random.Next(1, 4); change > 0; change--) mutant[random.Next(mutant.Length)] = (byte)random.Next(256);
            File.WriteAllBytes(file, mutant);
            try
            {
                Tokenizer.Load(file).Encode("ab a");
            }
            catch (BadInputException error)
            {
                refused++;
                Assert.StartsWith(file, error.Message, StringComparison.Ordinal);
            }
        }

        Assert.InRange(refused, 1, 599); // both happen, so that neither is what always happens
    }

    [Fact]
    public void Load_FolderWithoutTokenizer_SaysWhichFileIsMissing()
    {
        var error = Assert.Throws<BadInputException>(() => Tokenizer.Load(_folder));

        Assert.Equal($"{Path.Combine(_folder, "tokenizer.json")}: the file is missing", error.Message);
    }

    [Theory]
    [InlineData("""{"bos_token": "<s>", "eos_token": {"__type": "AddedToken", "content": "</s>"}, "pad_token": null}""", "<s>", "</s>", null)]
    [InlineData("""{"eos_token": "</s>"}""", "<from-map>", "</s>", "<pad-from-map>")]
    public void Load_TokenizerConfig_GivesTheNamedTokens(string config, string? bos, string? eos, string? pad)
    {
        File.Copy(ReferenceFiles.Golden("badinput", "dev-c050_plain.tokenizer.json"), Path.Combine(_folder, "tokenizer.json"));
        File.WriteAllText(Path.Combine(_folder, "tokenizer_config.json"), config);
        File.WriteAllText(Path.Combine(_folder, "special_tokens_map.json"), """{"bos_token": {"content": "<from-map>"}, "eos_token": "<x>", "pad_token": "<pad-from-map>"}""");

        var tokenizer = Tokenizer.Load(_folder);

        Assert.Equal((bos, eos, pad), (tokenizer.BosToken, tokenizer.EosToken, tokenizer.PadToken));
        Assert.Equal((bos == "<s>" ? 1 : null, 2, (int?)null), (tokenizer.BosId, tokenizer.EosId, tokenizer.PadId));
    }

    [Fact]
    public void Load_TokenizerConfigWithANumberForAToken_NamesTheField()
    {
        File.Copy(ReferenceFiles.Golden("badinput", "dev-c050_plain.tokenizer.json"), Path.Combine(_folder, "tokenizer.json"));
        File.WriteAllText(Path.Combine(_folder, "tokenizer_config.json"), """{"bos_token": 7}""");

        var error = Assert.Throws<BadInputException>(() => Tokenizer.Load(_folder));

        Assert.EndsWith("tokenizer_config.json: bos_token: must be a string, null, or an object with content", error.Message, StringComparison.Ordinal);
    }
}
