using System.Text;
using System.Text.Json.Nodes;
using R1Lab.Engine.Tokenization;
using R1Lab.Engine.Tokenization.Unicode;

namespace R1Lab.Engine.Tests.Tokenization;

public sealed class BpeTrainerTests : IDisposable
{
    private static readonly BpeTrainerSettings Settings = new()
    {
        VocabularySize = 300,
        SpecialTokens = ["<bos>", "<eos>"],
        AddedTokens = ["<think>", "</think>"],
        BosToken = "<bos>",
        EosToken = "<eos>",
        PadToken = "<eos>",
        AddBosToken = true,
        ChatTemplate = "{{ bos_token }}",
    };

    private readonly string _folder = Directory.CreateTempSubdirectory("bpe-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Train_FewTexts_LearnsTheFrequentPairsFirst()
    {
        var settings = Settings with { VocabularySize = 256 + 3, SpecialTokens = [], AddedTokens = [], BosToken = null, EosToken = null, PadToken = null, AddBosToken = false };

        var tokenizer = BpeTrainer.Train(["hug hug hug pug pug pun bun hugs"], settings, _folder);

        // ug 6 times, then hug 4 times of which 3 after a space: "Ġhug" 3, so h+ug wins; then Ġ+p and Ġ+hug both 3, the lower ids go first.
        Assert.Equal(["ug", "hug", "Ġp"], Enumerable.Range(256, 3).Select(id => tokenizer.IdToToken(id)));
    }

    [Fact]
    public void Train_Texts_WritesFilesThatLoadAndRoundTrip()
    {
        string[] texts = ["<think>\n1 + 2 = 3\n</think>\n\n答案是 3。", "中文中文中文 and English, and more English; cafe\u0301", "数字 1234 数字 1234"];

        var tokenizer = BpeTrainer.Train(Enumerable.Repeat(texts, 5).SelectMany(each => each), Settings, _folder);

        Assert.Equal((300, "<bos>", 296, "<eos>", 297, 297), (tokenizer.VocabularySize, tokenizer.BosToken, tokenizer.BosId, tokenizer.EosToken, tokenizer.EosId, tokenizer.PadId));
        Assert.Equal([true, true, false, false], Enumerable.Range(296, 4).Select(tokenizer.IsSpecial));
        Assert.Equal(296, tokenizer.Encode("x")[0]);
        Assert.All(texts, text => Assert.Equal(UnicodeNormalizer.Normalize(text, NormalizationForm.FormC), tokenizer.Decode(tokenizer.Encode(text), skipSpecialTokens: true)));
        Assert.Equal("{{ bos_token }}", (string?)JsonNode.Parse(File.ReadAllText(Path.Combine(_folder, "tokenizer_config.json")))!["chat_template"]);
    }

    [Fact]
    public void Train_Twice_WritesTheSameBytes()
    {
        var texts = Enumerable.Range(0, 200).Select(number => $"{number} times {number} is {number * number}").ToArray();

        BpeTrainer.Train(texts, Settings, _folder);
        var first = File.ReadAllBytes(Path.Combine(_folder, "tokenizer.json"));
        BpeTrainer.Train(texts, Settings, _folder);

        Assert.Equal(first, File.ReadAllBytes(Path.Combine(_folder, "tokenizer.json")));
    }

    [Fact]
    public void Train_TextsWithFewPairs_StopsBelowTheAskedSize()
    {
        var tokenizer = BpeTrainer.Train(["ab ab"], Settings, _folder);

        Assert.Equal(256 + 1 + 4, tokenizer.VocabularySize);
    }

    [Fact]
    public void Problems_BadSettings_AreNamed()
    {
        var settings = new BpeTrainerSettings { VocabularySize = 200, SpecialTokens = ["<a>", "<a>"], EosToken = "<b>", AddBosToken = true };

        Assert.Equal(["vocabulary_too_small", "special_token_twice", "special_token_unknown", "bos_missing"], settings.Problems().Select(problem => problem.Code));
        Assert.Throws<ArgumentException>(() => BpeTrainer.Train([], settings, _folder));
    }
}
