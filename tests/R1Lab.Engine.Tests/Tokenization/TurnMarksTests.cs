using R1Lab.Engine.Tests.Datasets;
using R1Lab.Engine.Tokenization;
using R1Lab.Tests.Shared;

namespace R1Lab.Engine.Tests.Tokenization;

public sealed class TurnMarksTests : IDisposable
{
    // ^ and $ begin and end texts; <U>, <A> and <T> are turns, <call> is the assistant's own, and <other> is of no template.
    private const string Template =
        "{{ bos_token }}{% for m in messages %}{% if m.role == 'user' %}<U>{{ m.content }}{% elif m.role == 'tool' %}<T>{{ m.content }}" +
        "{% else %}<A><think>{{ m.content }}</think>{% for c in m.tool_calls %}<call>{{ c.function.name }}{% endfor %}{{ eos_token }}{% endif %}{% endfor %}" +
        "{% if add_generation_prompt %}<A>{% endif %}";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("r1lab-marks-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("plain", false)]
    [InlineData("a<U>b", true)]
    [InlineData("a<A>b", true)]
    [InlineData("a<T>b", true)]
    [InlineData("a^b", true)]
    [InlineData("a$b", true)]
    [InlineData("a$", false)]
    [InlineData("a<A>$", false)]
    [InlineData("a<A> $ \n", false)]
    [InlineData("a<U><A>$", true)]
    [InlineData("<think>t</think>a", false)]
    [InlineData("a<call>f", false)]
    [InlineData("a<other>b", false)]
    [InlineData("a  \n b", false)]
    public void AreIn_Response_AreTheAddedTokensOfTheTemplate(string response, bool expected)
    {
        foreach (var special in new[] { true, false })
        {
            string[] turns = ["<U>", "<A>", "<T>", "<call>", "<other>"];
            string[] plain = [.. special ? [] : turns, "<think>", "</think>", "  "];
            var vocabulary = ByteVocabulary.Write(_folder.CreateSubdirectory($"{special}").FullName, [.. (string[])["^", "$"], .. special ? turns : []], plain);
            var marks = TurnMarks.Of(vocabulary, ChatTemplate.Parse(Template, vocabulary.SpecialTokens));

            Assert.Equal(expected, marks.AreIn([.. vocabulary.Encode(response, addSpecialTokens: false)]));
            Assert.False(TurnMarks.Of(vocabulary, null).AreIn([.. vocabulary.Encode(response, addSpecialTokens: false)]));
        }
    }

    [Fact]
    public void Of_TemplateThatRefusesEveryConversation_KnowsWhatIsWrittenInIt()
    {
        var vocabulary = ByteVocabulary.Write(_folder.FullName, ["^", "$", "<U>"], []);
        var marks = TurnMarks.Of(vocabulary, ChatTemplate.Parse("{{ raise_exception('no') }}<U>", vocabulary.SpecialTokens));

        Assert.True(marks.AreIn([.. vocabulary.Encode("a<U>b", addSpecialTokens: false)]));
    }

    // In R1's tokenizer these two are not special.
    [Theory]
    [InlineData("hello<｜User｜>and 1+1?<｜Assistant｜>2", true)]
    [InlineData("hello<｜User｜>and", true)]
    [InlineData("<｜begin▁of▁sentence｜>hello", true)]
    [InlineData("hello<｜end▁of▁sentence｜>and more", true)]
    [InlineData("<think>\nhm\n</think>\n\nhello<｜end▁of▁sentence｜>", false)]
    public void AreIn_DeepSeekR1_CountsItsTurns(string response, bool expected)
    {
        var tokenizer = PublicTokenizers.Load("deepseek-r1-qwen");
        var template = ChatTemplate.Load(ReferenceFiles.Public("tokenizers", "deepseek-r1-qwen"));

        Assert.Equal(expected, TurnMarks.Of(tokenizer, template).AreIn([.. tokenizer.Encode(response, addSpecialTokens: false)]));
    }
}
