using R1Lab.Engine.Tokenization;

namespace R1Lab.Engine.Tests.Tokenization;

public sealed class ThinkingSplitterTests
{
    [Theory]
    [InlineData("<think>\nfirst\n\nthen\n</think>\n\nanswer\n", false, "first\n\nthen", "answer\n")]
    [InlineData("\n <think>x</think>y", false, "x", "y")]
    [InlineData("x\n</think>\ny", true, "x", "y")]
    [InlineData("<think>\nx</think>y", true, "x", "y")]
    [InlineData("  no thought at all", false, "", "  no thought at all")]
    [InlineData("1 < 2 and <thin air>", false, "", "1 < 2 and <thin air>")]
    [InlineData("<think>\n\n</think>\n\nhi", false, "", "hi")]
    [InlineData("cut off in thought\n", true, "cut off in thought", "")]
    [InlineData("<think>cut </thin", false, "cut </thin", "")]
    [InlineData("before <think>x</think> after", false, "x", "before  after")]
    [InlineData("<think>x</think>the tags are <think> and </think>", false, "x", "the tags are <think> and </think>")]
    [InlineData("a stray </think> stays", false, "", "a stray </think> stays")]
    [InlineData("<think>a < b</ think></think>c", false, "a < b</ think>", "c")]
    [InlineData("", false, "", "")]
    [InlineData(" \n", false, "", " \n")]
    [InlineData("<thi", false, "", "<thi")]
    [InlineData("<thi", true, "<thi", "")]
    public void Push_AnyCutOfTheText_GivesThoughtAndAnswer(string text, bool startsInThought, string thought, string answer)
    {
        var expected = new ThinkingPiece(thought, answer);

        Assert.Equal(expected, ThinkingSplitter.Split(text, startsInThought));
        for (var size = 1; size <= text.Length; size++)
        {
            var splitter = new ThinkingSplitter(startsInThought);
            var pieces = text.Chunk(size).Select(chunk => splitter.Push(new string(chunk))).ToList();
            pieces.Add(splitter.Flush());
            Assert.Equal(expected, new ThinkingPiece(string.Concat(pieces.Select(piece => piece.Thought)), string.Concat(pieces.Select(piece => piece.Answer))));
        }
    }

    [Fact]
    public void Push_TextThatCannotBeATag_IsHandedOverAtOnce()
    {
        var splitter = new ThinkingSplitter(startsInThought: true);

        ThinkingPiece[] pieces = [splitter.Push("so"), splitter.Push(" <"), splitter.Push("b"), splitter.Push("</think>"), splitter.Push("7")];

        Assert.Equal([new("so", ""), new(" ", ""), new("<b", ""), new("", ""), new("", "7")], pieces);
    }

    [Theory]
    [InlineData("<｜Assistant｜><think>\n", true)]
    [InlineData("<｜Assistant｜>", false)]
    [InlineData("<think>\n\n</think>\n\n", false)]
    public void PromptStartsThought_LooksAtTheEndOfThePrompt(string prompt, bool expected) =>
        Assert.Equal(expected, ThinkingSplitter.PromptStartsThought(prompt));
}
