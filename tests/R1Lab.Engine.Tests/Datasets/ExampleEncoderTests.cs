using R1Lab.Engine.Datasets;
using R1Lab.Engine.Tokenization;

namespace R1Lab.Engine.Tests.Datasets;

/// <summary>On a vocabulary of single bytes with the marks of a thinking model; the templates are R1's two forms in short.</summary>
public sealed class ExampleEncoderTests : IDisposable
{
    private const string Plain = "{{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}U:{{ m.content }}{% elif m.role == 'assistant' %}A:{{ m.content.split('</think>')[-1] }}{{ eos_token }}{% else %}{{ m.content }}{% endif %}{% endfor %}{% if add_generation_prompt %}A:{% endif %}";
    private const string Opening = "{{ bos_token }}{% for m in messages %}U:{{ m.content }}{% endfor %}{% if add_generation_prompt %}A:<think>\n{% endif %}";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("r1lab-encode-");

    public void Dispose() => _folder.Delete(recursive: true);

    // [..] is shown, the rest after it learned; $ stands for the end of text.
    [Theory]
    [InlineData(Plain, ThinkingPolicy.KeepThoughts, "<think>\nt\n</think>\n\na", "[^U:qA:]<think>\nt\n</think>\n\na$")]
    [InlineData(Plain, ThinkingPolicy.KeepThoughts, "t\n</think>\n\na", "[^U:qA:]<think>\nt\n</think>\n\na$")]
    [InlineData(Plain, ThinkingPolicy.KeepThoughts, "a", "[^U:qA:<think>\n\n</think>\n\n]a$")]
    [InlineData(Plain, ThinkingPolicy.KeepThoughts, "<think>\n\n</think>\n\na", "[^U:qA:<think>\n\n</think>\n\n]a$")]
    [InlineData(Plain, ThinkingPolicy.AnswerOnly, "<think>t</think>a", "[^U:qA:<think>t</think>]a$")]
    [InlineData(Plain, ThinkingPolicy.NoThinking, "<think>t</think>\n\na", "[^U:qA:]a$")]
    [InlineData(Opening, ThinkingPolicy.KeepThoughts, "<think>\nt\n</think>\n\na", "[^U:qA:<think>\n]t\n</think>\n\na$")]
    [InlineData(Opening, ThinkingPolicy.KeepThoughts, "<think>t</think>a", "[^U:qA:<think>\n]t</think>a$")]
    [InlineData(Opening, ThinkingPolicy.KeepThoughts, "t\n</think>\n\na", "[^U:qA:<think>\n]t\n</think>\n\na$")]
    [InlineData(Opening, ThinkingPolicy.KeepThoughts, "a", "[^U:qA:<think>\n\n</think>\n\n]a$")]
    [InlineData(Opening, ThinkingPolicy.DropRowsWithoutThought, "<think>t</think>a", "[^U:qA:<think>\n]t</think>a$")]
    [InlineData(Opening, ThinkingPolicy.AnswerOnly, "<think>\nt</think>\n\na", "[^U:qA:<think>\nt</think>\n\n]a$")]
    [InlineData(Opening, ThinkingPolicy.NoThinking, "<think>\nt</think>\n\na", "[^U:qA:<think>\n]\n</think>\n\na$")]
    public void Encode_Policies_LearnExactlyTheirPart(string template, ThinkingPolicy policy, string response, string expected)
    {
        var encoder = Encoder(template, policy);

        var row = encoder.Encode(ConversationRow.Of("q", response), 5);

        Assert.Equal((expected, RowOmission.None, 5), (Show(One(row)), row.Omission, row.RowId));
    }

    [Fact]
    public void Encode_ModelWithoutThoughts_LearnsTheResponseAsItStands()
    {
        var encoder = Encoder("{% for m in messages %}U:{{ m.content }}{% endfor %}A:", ThinkingPolicy.NoThinking, thinks: false);

        Assert.Equal("[U:qA:]<think>t</think>a$", Show(One(encoder.Encode(ConversationRow.Of("q", "<think>t</think>a")))));
        Assert.False(encoder.ModelThinks);
    }

    [Fact]
    public void Encode_Context_IsShownAndLosesItsThoughts()
    {
        var row = new ConversationRow([new("system", "s"), new("user", "u"), new("assistant", "<think>x</think>b") { IsLearned = false }, new("user", "q"), new("assistant", "a")]);

        Assert.Equal("[^sU:uA:b$U:qA:<think>\n\n</think>\n\n]a$", Show(One(Encoder(Plain, ThinkingPolicy.KeepThoughts).Encode(row))));
    }

    [Theory]
    [InlineData("a", "[q]a$")]
    [InlineData("a$", "[q]a$")]
    [InlineData("a$b", "[q]a$b$")]
    public void Encode_ResponseThatHasTheEnd_GetsNoSecondOne(string response, string expected) =>
        Assert.Equal(expected, Show(One(Bare(maxLength: 100).Encode(ConversationRow.Of("q", response)))));

    // "q", five letters and the end are 7 tokens.
    [Theory]
    [InlineData(8, RowOmission.None)]
    [InlineData(7, RowOmission.None)]
    [InlineData(6, RowOmission.TooLong)]
    public void Encode_RowOfExactlyTheLength_IsTrained(int maxLength, RowOmission omission) =>
        Assert.Equal(omission, Bare(maxLength).Encode(ConversationRow.Of("q", "abcde")).Omission);

    [Theory]
    [InlineData(true, "a", RowOmission.NoThought)]
    [InlineData(true, "<think>\n\n</think>\n\na", RowOmission.NoThought)]
    [InlineData(true, "</think>a", RowOmission.NoThought)]
    [InlineData(true, "t</think>a", RowOmission.None)]
    [InlineData(false, "a", RowOmission.None)]
    public void Encode_DropRowsWithoutThought_DropsThemForAThinkingModelOnly(bool thinks, string response, RowOmission omission)
    {
        var template = thinks ? Plain : "{% for m in messages %}U:{{ m.content }}{% endfor %}A:";

        var encoder = Encoder(template, ThinkingPolicy.DropRowsWithoutThought, thinks);

        Assert.Equal(omission, encoder.Encode(ConversationRow.Of("q", response)).Omission);
    }

    [Fact]
    public void Encode_NoTemplate_GivesTheBareText() =>
        Assert.Equal("[q]a$", Show(One(new ExampleEncoder(Vocabulary(thinks: false), null, ThinkingPolicy.KeepThoughts, 100).Encode(ConversationRow.Of("q", "a")))));

    [Theory]
    [InlineData(ThinkingPolicy.KeepThoughts, "<think>never closed", RowOmission.UnclosedThought)]
    [InlineData(ThinkingPolicy.DropRowsWithoutThought, "a", RowOmission.NoThought)]
    [InlineData(ThinkingPolicy.KeepThoughts, "<think>t</think>an answer far too long to fit", RowOmission.TooLong)]
    public void Encode_RowNotTrained_SaysWhyAndStaysWhole(ThinkingPolicy policy, string response, RowOmission omission)
    {
        var row = Encoder(Plain, policy, maxLength: 30).Encode(ConversationRow.Of("q", response));

        Assert.Equal(omission, row.Omission);
        Assert.EndsWith($"{response}$", Show(One(row)), StringComparison.Ordinal);
    }

    [Fact]
    public void Of_Dataset_CountsAndListsWhatIsLeftOut()
    {
        DatasetRow[] rows = [ConversationRow.Of("q", "<think>t</think>a"), ConversationRow.Of("q", "b"), ConversationRow.Of("q", new string('x', 50)), new TokenRow(new TokenExample([1, 2], [-100, 2]))];

        var data = EncodedDataset.Of(rows.Select((row, i) => (i + 10, row)), Encoder(Plain, ThinkingPolicy.KeepThoughts, maxLength: 40));

        Assert.Equal([10, 11, 13], data.Examples.Select(example => example.RowId));
        Assert.Equal([new OmittedRow(12, RowOmission.TooLong, 63)], data.Omitted);
        Assert.Equal(["rows_omitted_too_long", "most_rows_without_thought"], data.Problems(ThinkingPolicy.KeepThoughts, modelThinks: true).Select(problem => problem.Code));
    }

    [Fact]
    public void TokenView_CutCharacters_AppearWhole()
    {
        var vocabulary = Vocabulary();
        var example = new ExampleEncoder(vocabulary, ChatTemplate.Parse(Plain, vocabulary.SpecialTokens), ThinkingPolicy.NoThinking, 100).Encode(ConversationRow.Of("q", "é")).Parts[0].Example;

        var view = TokenView.Of(example, vocabulary);

        Assert.Equal(["^", "U", ":", "q", "A", ":", "", "é", "$"], view.Select(piece => piece.Text));
        Assert.Equal([false, false, false, false, false, false, true, true, true], view.Select(piece => piece.Trained));
    }

    private static TokenExample One(EncodedRow row) => Assert.Single(row.Parts).Example;

    private ExampleEncoder Bare(int maxLength) => new(Vocabulary(thinks: false), null, ThinkingPolicy.KeepThoughts, maxLength);

    private ExampleEncoder Encoder(string template, ThinkingPolicy policy, bool thinks = true, int maxLength = 200)
    {
        var vocabulary = Vocabulary(thinks);
        return new ExampleEncoder(vocabulary, ChatTemplate.Parse(template, vocabulary.SpecialTokens), policy, maxLength);
    }

    private string Show(TokenExample example)
    {
        var vocabulary = Vocabulary();
        var shown = example.InputIds.TakeWhile((_, i) => example.Labels[i] == TokenExample.NotTrained).ToArray();
        Assert.All(example.Labels.Skip(shown.Length).Zip(example.InputIds.Skip(shown.Length)), pair => Assert.Equal(pair.Second, pair.First));
        return $"[{vocabulary.Decode(shown)}]{vocabulary.Decode([.. example.InputIds.Skip(shown.Length)])}";
    }

    private Tokenizer Vocabulary(bool thinks = true) =>
        ByteVocabulary.Write(_folder.CreateSubdirectory(thinks ? "thinks" : "plain").FullName, ["^", "$"], thinks ? ["<think>", "</think>"] : []);
}
