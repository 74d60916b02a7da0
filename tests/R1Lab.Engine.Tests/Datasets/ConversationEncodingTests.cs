using R1Lab.Engine.Datasets;
using R1Lab.Engine.Tokenization;

namespace R1Lab.Engine.Tests.Datasets;

/// <summary>Conversations of several turns as token ids and labels, on a vocabulary of single bytes.</summary>
public sealed class ConversationEncodingTests : IDisposable
{
    // Writes every turn as it stands, and ends an answer with the token that ends the text.
    private const string Plain = "{{ bos_token }}{% if tools %}T{{ tools | length }}{% endif %}{% for m in messages %}{{ m.role[0] | upper }}:{{ m.content }}"
        + "{% for call in m.tool_calls %}({{ call.function.name }} {{ call.function.arguments | tojson }}){% endfor %}"
        + "{% if m.role == 'assistant' %}{{ eos_token }}{% endif %}{% endfor %}{% if add_generation_prompt %}A:{% endif %}";

    // Drops the thoughts of earlier answers, as R1's does.
    private const string Forgetful = "{% for m in messages %}{% if m.role == 'user' %}U:{{ m.content }}{% elif m.role == 'assistant' %}A:{{ m.content.split('</think>')[-1] }}{{ eos_token }}{% endif %}{% endfor %}"
        + "{% if add_generation_prompt %}A:{% endif %}";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("r1lab-turns-");

    public void Dispose() => _folder.Delete(recursive: true);

    // What is in brackets is shown, the rest is learned; $ stands for the end of text.
    [Theory]
    [InlineData(TrainOn.AllAssistantTurns, "[^S:sU:1+1?A:]2$[U:2+2?A:]4$")]
    [InlineData(TrainOn.LastTurn, "[^S:sU:1+1?A:2$U:2+2?A:]4$")]
    [InlineData(TrainOn.WholeText, "^S:sU:1+1?A:2$U:2+2?A:4$")]
    public void Encode_SeveralTurns_LearnsWhatIsAskedForInOneExample(TrainOn trainOn, string expected)
    {
        var row = Row(("system", "s"), ("user", "1+1?"), ("assistant", "2"), ("user", "2+2?"), ("assistant", "4"));

        Assert.Equal([expected], Shown(Encoder(Plain, trainOn, thinks: false).Encode(row)));
    }

    [Fact]
    public void Encode_AnswersThatAreOnlyShown_AreNotLearned()
    {
        ConversationRow row = new([new("user", "a"), new("assistant", "b"), new("user", "c"), new("assistant", "d") { IsLearned = false }, new("user", "e"), new("assistant", "f")]);

        Assert.Equal(["[^U:aA:]b$[U:cA:d$U:eA:]f$"], Shown(Encoder(Plain, TrainOn.AllAssistantTurns, thinks: false).Encode(row)));
    }

    [Fact]
    public void Encode_GreetingBeforeTheFirstQuestion_IsShown() =>
        Assert.Equal(["[^A:hi$U:qA:]a$"], Shown(Encoder(Plain, TrainOn.AllAssistantTurns, thinks: false).Encode(Row(("assistant", "hi"), ("user", "q"), ("assistant", "a")))));

    // At work the second question comes behind an answer without its thought.
    [Fact]
    public void Encode_TemplateThatDropsThoughts_MakesAnExampleOfEachAnswer()
    {
        var row = Row(("user", "q"), ("assistant", "<think>t</think>a"), ("user", "r"), ("assistant", "<think>u</think>b"));

        var encoded = Encoder(Forgetful, TrainOn.AllAssistantTurns).Encode(row, 7);

        Assert.Equal(["[U:qA:]<think>t</think>a$", "[U:qA:a$U:rA:]<think>u</think>b$"], Shown(encoded));
        Assert.All(encoded.Parts, part => Assert.Equal(7, part.Example.RowId));
        Assert.True(encoded.HasThought);
    }

    [Fact]
    public void Encode_ThoughtsWantedAndSomeMissing_LearnsTheAnswersThatThink()
    {
        var row = Row(("user", "q"), ("assistant", "a"), ("user", "r"), ("assistant", "<think>u</think>b"));

        var encoded = Encoder(Forgetful, TrainOn.AllAssistantTurns, ThinkingPolicy.DropRowsWithoutThought).Encode(row);

        Assert.Equal(["[U:qA:a$U:rA:]<think>u</think>b$"], Shown(encoded));
        Assert.Equal(RowOmission.None, encoded.Omission);
        Assert.Equal(RowOmission.NoThought, Encoder(Forgetful, TrainOn.LastTurn, ThinkingPolicy.DropRowsWithoutThought).Encode(Row(("user", "q"), ("assistant", "<think>t</think>a"), ("user", "r"), ("assistant", "b"))).Omission);
    }

    [Fact]
    public void Encode_FunctionCalls_AreLearnedAsTheTemplateWritesThem()
    {
        ConversationRow row = new([new("user", "weather?"), new("assistant", "") { ToolCalls = """[{"type":"function","function":{"name":"w","arguments":{"a":1}}}]""" }, new("tool", "sunny"), new("assistant", "Sunny.")])
        {
            Tools = """[{"type":"function","function":{"name":"w"}}]""",
        };

        var encoded = Encoder(Plain, TrainOn.AllAssistantTurns, thinks: false).Encode(row);

        Assert.Equal(["""[^T1U:weather?A:](w {"a": 1})$[T:sunnyA:]Sunny.$"""], Shown(encoded));
        Assert.Equal(RowTraits.None, encoded.Traits);
    }

    [Fact]
    public void Encode_TurnsThatTheTemplateLeavesOut_AreSaid()
    {
        var encoder = Encoder(Forgetful, TrainOn.AllAssistantTurns, thinks: false);

        Assert.True(encoder.Encode(Row(("system", "s"), ("user", "q"), ("assistant", "a"))).Traits.HasFlag(RowTraits.NotWritten));
        Assert.True(encoder.Encode(ConversationRow.Of("q", "a") with { Tools = """[{"function":{"name":"w"}}]""" }).Traits.HasFlag(RowTraits.NotWritten));
        Assert.False(encoder.Encode(ConversationRow.Of("q", "a")).Traits.HasFlag(RowTraits.NotWritten));
    }

    [Fact]
    public void Encode_ConversationThatTheTemplateRefuses_IsLeftOutWithItsWords()
    {
        var encoder = Encoder("{% for m in messages %}{% if loop.index > 1 and m.role == loop.previtem.role %}{{ raise_exception('roles must alternate') }}{% endif %}{{ m.content }}{% endfor %}", TrainOn.AllAssistantTurns, thinks: false);
        var refused = Row(("user", "a"), ("user", "b"), ("assistant", "c"));

        var row = encoder.Encode(refused, 3);

        Assert.Equal((RowOmission.TemplateRefuses, 3), (row.Omission, row.RowId));
        Assert.Contains("roles must alternate", row.Refusal!.Message, StringComparison.Ordinal);
        var data = EncodedDataset.Of([(3, refused), (4, ConversationRow.Of("q", "a"))], encoder);
        Assert.Equal([new OmittedRow(3, RowOmission.TemplateRefuses, 0)], data.Omitted);
        Assert.Contains("rows_omitted_template_refuses", data.Problems(ThinkingPolicy.KeepThoughts, modelThinks: false).Select(problem => problem.Code));
        Assert.Throws<ChatTemplateException>(() => EncodedDataset.Of([(3, refused)], encoder));
    }

    [Fact]
    public void Under_AnswersThatAreTooLong_AreLeftOutAndSaid()
    {
        var row = Row(("user", "q"), ("assistant", "<think>t</think>a"), ("user", "r"), ("assistant", $"<think>{new string('u', 50)}</think>b"));
        var corpus = EncodedCorpus.Of([(1, row), (2, ConversationRow.Of("q", "<think>t</think>a"))], Encoder(Forgetful, TrainOn.AllAssistantTurns));

        var data = corpus.Under(30, OverlongRows.Drop);

        Assert.Equal([1, 2], data.Examples.Select(example => example.RowId!.Value));
        Assert.Equal([1], data.ShortenedRows);
        Assert.Empty(data.Omitted);
        Assert.Contains("answers_omitted_too_long", data.Problems(ThinkingPolicy.KeepThoughts, modelThinks: true).Select(problem => problem.Code));
        var split = corpus.Under(30, OverlongRows.Split);
        Assert.Equal([1], split.SplitRows);
        Assert.Empty(split.ShortenedRows);
        Assert.Equal(corpus.Under(500, OverlongRows.Drop).TrainedTokens, split.TrainedTokens);
    }

    private static ConversationRow Row(params (string Role, string Content)[] turns) => new([.. turns.Select(turn => new DatasetTurn(turn.Role, turn.Content))]);

    private ExampleEncoder Encoder(string template, TrainOn trainOn, ThinkingPolicy policy = ThinkingPolicy.KeepThoughts, bool thinks = true)
    {
        var vocabulary = Vocabulary(thinks);
        return new ExampleEncoder(vocabulary, ChatTemplate.Parse(template, vocabulary.SpecialTokens), policy, 200, trainOn);
    }

    private List<string> Shown(EncodedRow row) => [.. row.Parts.Select(part => Shown(part.Example))];

    private string Shown(TokenExample example)
    {
        var (vocabulary, text, at) = (Vocabulary(thinks: true), "", 0);
        while (at < example.Length)
        {
            var (from, trained) = (at, example.Labels[at] != TokenExample.NotTrained);
            while (at < example.Length && example.Labels[at] != TokenExample.NotTrained == trained) at++;
            var piece = vocabulary.Decode(example.InputIds[from..at]);
            text += trained ? piece : $"[{piece}]";
        }

        return text;
    }

    private Tokenizer Vocabulary(bool thinks) =>
        ByteVocabulary.Write(_folder.CreateSubdirectory(thinks ? "thinks" : "plain").FullName, ["^", "$"], thinks ? ["<think>", "</think>"] : []);
}
