using System.Text;
using R1Lab.Engine.Datasets;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Tests.Training;
using R1Lab.Engine.Tokenization;
using R1Lab.Engine.Training;
using R1Lab.Samples;

namespace R1Lab.Engine.Tests.Datasets;

/// <summary>Fields beside those of a row's format: carried, refused with a reason, or listed; none is dropped in silence.</summary>
public sealed class RowFieldTests : IDisposable
{
    private const string Question = """{"role":"user","content":"How many legs have 3 cats?"}""";

    private readonly TrainingRuns _runs = new();

    public void Dispose() => _runs.Dispose();

    [Theory]
    [InlineData("reasoning_content")]
    [InlineData("thinking")]
    [InlineData("reasoning")]
    public void Read_ThoughtInAFieldOfItsOwn_IsPartOfTheAnswer(string key)
    {
        string[] rows =
        [
            $$"""{"messages":[{{Question}},{"role":"assistant","content":"12","{{key}}":"3 x 4\n"}]}""",
            $$"""{"prompt":"q","response":"12","{{key}}":"3 x 4"}""",
            $$"""{"prompt":"q","completion":"\n12","{{key}}":"3 x 4"}""",
            $$"""{"instruction":"q","output":"12","{{key}}":"3 x 4"}""",
        ];

        Assert.All(rows, row => Assert.Equal("<think>\n3 x 4\n</think>\n\n12", RowOf(row).Response));
        Assert.Equal(rows[1], RowOf(rows[1]).Raw);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("\"\"")]
    [InlineData("\" \\n\"")]
    public void Read_EmptyThought_LeavesTheRowAsItStands(string thought)
    {
        var line = $$"""{"prompt":"q","response":"12","thinking":{{thought}}}""";

        Assert.Equal(("12", line), (RowOf(line).Response, RowOf(line).Raw));
    }

    [Fact]
    public void Read_ThoughtInBothPlaces_IsTakenOnceAndOnlyWhereTheyAgree()
    {
        Assert.Equal("<think>\na\n</think>\n\nb", RowOf("""{"prompt":"q","response":"<think>\na\n</think>\n\nb","reasoning":"a"}""").Response);
        Assert.Contains("another thought", ReasonOf("""{"prompt":"q","response":"<think>\na\n</think>\n\nb","reasoning":"c"}"""), StringComparison.Ordinal);
        Assert.Contains("another thought", ReasonOf("""{"prompt":"q","response":"b","reasoning":"c","thinking":"d"}"""), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"prompt":"q","response":"a","reasoning":["x"]}""", "field reasoning must be text, is a list")]
    [InlineData("""{"prompt":"q","response":"a","tools":[{"title":"w"}]}""", "field tools: a function has no name")]
    [InlineData("""{"prompt":"q","response":"a","tools":"w"}""", "field tools must be a list, is text that is no JSON")]
    [InlineData("""{"prompt":"q","response":"a","functions":[{"name":"w"}]}""", "field functions: tool definitions cannot be imported yet")]
    [InlineData("""{"prompt":"q","response":"a","images":["x.png"]}""", "field images: images cannot be imported yet")]
    [InlineData("""{"prompt":"q","response":"a","rejected":"b"}""", "field rejected: rejected answers cannot be imported yet")]
    [InlineData("""{"prompt":"q","response":"a","weight":0.5}""", "field weight: weights other than 0 and 1 cannot be imported yet")]
    [InlineData("""{"prompt":"q","response":"a","train":false}""", "the row is marked as not to be learned")]
    [InlineData("""{"prompt":"q","response":"a","weight":0}""", "the row is marked as not to be learned")]
    [InlineData("""{"prompt":"q","response":"a","system":7}""", "field system must be text, is a number")]
    [InlineData("""{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a","train":false}]}""", "field messages: every answer is marked as not to be learned")]
    [InlineData("""{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a","tool_calls":[{"id":"1"}]}]}""", "field messages.tool_calls: a call names no function")]
    [InlineData("""{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a"},{"role":"user","content":"r"}]}""", "field messages must end with an assistant turn")]
    [InlineData("""{"messages":[{"role":"assistant","content":"a"}]}""", "field messages: there is no user turn")]
    [InlineData("""{"messages":[{"role":"critic","content":"q"},{"role":"assistant","content":"a"}]}""", "field messages: role critic is not supported")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"image_url","image_url":"x"}]},{"role":"assistant","content":"a"}]}""", "field messages.content: parts of type image_url cannot be imported yet")]
    [InlineData("""{"conversations":[{"from":"critic","value":"q"},{"from":"gpt","value":"a"}]}""", "field conversations: from critic is not supported")]
    [InlineData("""{"system":"s","messages":[{"role":"system","content":"t"},{"role":"user","content":"q"},{"role":"assistant","content":"a"}]}""", "field system: there is a system text among the messages too")]
    public void Read_FieldThatARowCannotCarry_IsTheReason(string line, string reason) => Assert.Equal(reason, ReasonOf(line));

    [Theory]
    [InlineData("""{"prompt":"q","response":"a","tools":[],"images":null,"weight":1,"train":true}""")]
    [InlineData("""{"messages":[{"role":"user","content":"q","train":false,"weight":0},{"role":"assistant","content":"a","tool_calls":[]}],"tools":"[]"}""")]
    public void Read_FieldThatSaysNothing_DoesNotMatter(string line) => Assert.Empty(RowOf(line).Ignored);

    [Theory]
    [InlineData("""{"prompt":"q","response":"a","system":"s"}""")]
    [InlineData("""{"prompt":"q","completion":"a","system":"s"}""")]
    [InlineData("""{"messages":[{"role":"user","content":"q"},{"role":"assistant","content":"a"}],"system":"s"}""")]
    public void Read_SystemTextInAFieldOfItsOwn_StandsBeforeThePrompt(string line) => Assert.Equal([new DatasetTurn("system", "s"), new DatasetTurn("user", "q"), new DatasetTurn("assistant", "a")], RowOf(line).Turns);

    [Fact]
    public void Read_UnknownFields_AreListed()
    {
        Assert.Equal(["context", "hint"], RowOf("""{"id":3,"prompt":"q","hint":{"a":1},"response":"a","context":"c","source":"x","empty":""}""").Ignored.Order());
        Assert.Equal(["messages.mood"], RowOf("""{"messages":[{"role":"user","content":"q","mood":"x"},{"role":"assistant","content":"a"}]}""").Ignored);
    }

    // The figures of a run of the reference tools on the same rows: with the thought, and without it.
    [Theory]
    [InlineData(",\"reasoning_content\":\"A cat has 4 legs. 3 x 4 = 12.\"", 11.88218)]
    [InlineData(",\"thinking\":\"A cat has 4 legs. 3 x 4 = 12.\"", 11.88218)]
    [InlineData("", 11.40490)]
    public void Run_RowsWithAThought_LearnIt(string thought, double loss)
    {
        Assert.Equal(loss, FirstLoss($$"""{"messages":[{{Question}},{"role":"assistant","content":"12"{{thought}}}]}"""), 1e-4);
    }

    // The figures of a run of the reference tools on the same rows: with the system text, and without it.
    [Theory]
    [InlineData(",\"system\":\"You are a pirate.\"", 12.31864)]
    [InlineData("", 10.77855)]
    public void Run_RowsWithASystemText_ShowIt(string system, double loss) =>
        Assert.Equal(loss, FirstLoss($$"""{"prompt":"hi","response":"hello"{{system}}}"""), 1e-4);

    private double FirstLoss(string line)
    {
        var encoder = new ExampleEncoder(Tokenizer.Load(SampleFolders.Model), ChatTemplate.Load(SampleFolders.Model), ThinkingPolicy.KeepThoughts, 512);
        var examples = Enumerable.Range(0, 4).Select(id => Assert.Single(encoder.Encode(RowOf(line), id).Parts).Example).ToList();
        var recipe = new TrainingRecipe { Method = TrainingMethod.Full, MaxSteps = 1, PerDeviceTrainBatchSize = 4, Shuffle = false, Dtype = TrainingDtype.Float32 };
        _runs.Run(new TrainingJob(recipe, SampleFolders.Model, _runs.NewFolder(), examples, [], ComputeDevice.Cpu));
        return _runs.Metrics[0].Loss!.Value;
    }

    private static ConversationRow RowOf(string line) => (ConversationRow)Assert.Single(Read(line).Rows);

    private static string ReasonOf(string line) => Assert.Single(Read(line).BadLines).Reason;

    private static JsonlReadResult Read(string line)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(line));
        return JsonlReader.Read(stream);
    }
}
