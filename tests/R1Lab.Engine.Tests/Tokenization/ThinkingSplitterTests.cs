using R1Lab.Engine.Tokenization;

namespace R1Lab.Engine.Tests.Tokenization;

/// <summary>⟦ and ⟧ stand for the tokens that open and close a thought; the same marks spelled out are other tokens, that is, plain text.</summary>
public sealed class ThinkingSplitterTests
{
    private static readonly ThoughtMarks Tokens = new(OpeningId: 1, ClosingId: 2, AreKnown: true);
    private static readonly ThoughtMarks Unknown = new(null, null, AreKnown: false);

    /// <summary>Holds for marks that are tokens and for marks that are text alike.</summary>
    public static TheoryData<string, ThoughtState, string, string> Outputs => new()
    {
        { "⟦\nfirst\n\nthen\n⟧\n\nanswer\n", ThoughtState.None, "first\n\nthen", "answer\n" },
        { "\n ⟦x⟧y", ThoughtState.None, "x", "y" },
        { "x\n⟧\ny", ThoughtState.Open, "x", "y" },
        { "⟦\nx⟧y", ThoughtState.Open, "x", "y" },
        { "  no thought at all", ThoughtState.None, "", "  no thought at all" },
        { "1 < 2 and <thin air>", ThoughtState.None, "", "1 < 2 and <thin air>" },
        { "⟦\n\n⟧\n\nhi", ThoughtState.None, "", "hi" },
        { "cut off in thought\n", ThoughtState.Open, "cut off in thought", "" },
        { "⟦cut </thin", ThoughtState.None, "cut </thin", "" },
        { "⟦x⟧the tags are ⟦ and ⟧", ThoughtState.None, "x", "the tags are ⟦ and ⟧" },
        { "⟦a < b</ think>⟧c", ThoughtState.None, "a < b</ think>", "c" },
        { "⟦one⟧\n⟦two⟧\nboth come before the answer", ThoughtState.None, "one\ntwo", "both come before the answer" },
        { "⟦⟧⟦x⟧y", ThoughtState.None, "x", "y" },
        { "⟦x⟧\n⟧y", ThoughtState.None, "x", "y" },
        { "", ThoughtState.None, "", "" },
        { " \n", ThoughtState.None, "", " \n" },
        { "<thi", ThoughtState.None, "", "<thi" },
        { "<thi", ThoughtState.Open, "<thi", "" },
        // A mark behind the first words is a quotation, and so is what follows it.
        { "before ⟦x⟧ after", ThoughtState.None, "", "before ⟦x⟧ after" },
        { "Write `⟦` and `⟧` around it.", ThoughtState.None, "", "Write `⟦` and `⟧` around it." },
        { "`⟦` opens, `⟧` closes", ThoughtState.None, "", "`⟦` opens, `⟧` closes" },
        { "“⟧”是结束标签", ThoughtState.None, "", "“⟧”是结束标签" },
        { "End with `⟧`.", ThoughtState.None, "", "End with `⟧`." },
        { "End with `⟧", ThoughtState.None, "End with `", "" },
        // A closing mark that nothing opened ends the thought that the model began without one.
        { "idea one⟧\nanswer", ThoughtState.None, "idea one", "answer" },
        { "\nidea `one`⟧\n\nanswer ⟧", ThoughtState.None, "idea `one`", "answer ⟧" },
        { "say `⟧` or not⟧no", ThoughtState.None, "say `⟧` or not", "no" },
        { "⟧\nanswer", ThoughtState.None, "", "answer" },
        // Behind a thought that the template opened and closed there is the answer, unless the model thinks once more at once.
        { "answer ⟧ more", ThoughtState.Closed, "", "answer ⟧ more" },
        { "⟦x⟧y", ThoughtState.Closed, "x", "y" },
        // A continued answer has started already.
        { "⟦x⟧y", ThoughtState.Answer, "", "⟦x⟧y" },
    };

    [Theory, MemberData(nameof(Outputs))]
    public void Push_MarksThatAreTokens_GivesThoughtAndAnswer(string output, ThoughtState start, string thought, string answer) =>
        AssertSplit(Tokens, Pieces(output, spell: true), start, thought, answer);

    [Theory, MemberData(nameof(Outputs))]
    public void Push_MarksThatAreText_GivesThoughtAndAnswerWhereverItIsCut(string output, ThoughtState start, string thought, string answer)
    {
        for (var size = 1; size <= output.Length; size++)
        {
            List<(string, ThoughtMark[])> pieces = [.. Spelled(output).Chunk(size).Select(chunk => (new string(chunk), Array.Empty<ThoughtMark>()))];
            AssertSplit(ThoughtMarks.InText, pieces, start, thought, answer);
        }
    }

    // Special tokens leave no text: only their place is known.
    [Theory]
    [InlineData("⟦idea⟧answer", ThoughtState.None, "idea", "answer")]
    [InlineData("idea⟧answer", ThoughtState.Open, "idea", "answer")]
    [InlineData("⟦⟧answer", ThoughtState.None, "", "answer")]
    [InlineData("⟧answer", ThoughtState.Open, "", "answer")]
    [InlineData("\n⟧\nanswer", ThoughtState.Open, "", "answer")]
    [InlineData("\n⟦\n⟦\n⟧\n⟧\nanswer", ThoughtState.None, "", "answer")]
    [InlineData("idea⟧answer", ThoughtState.None, "idea", "answer")]
    [InlineData("so ⟦it⟧ is", ThoughtState.None, "", "so it is")]
    public void Push_MarksWithoutText_AreToldByTheirPlace(string output, ThoughtState start, string thought, string answer) =>
        AssertSplit(Tokens, Pieces(output, spell: false), start, thought, answer);

    // The letters of a mark are no mark where the vocabulary has a token for it.
    [Theory]
    [InlineData("<think>x</think>y", ThoughtState.None, "", "<think>x</think>y")]
    [InlineData("x</think>y⟧z", ThoughtState.Open, "x</think>y", "z")]
    [InlineData("x <think> y⟧z", ThoughtState.None, "x <think> y", "z")]
    public void Push_LettersOfAMark_AreTextWhereTheMarkIsAToken(string output, ThoughtState start, string thought, string answer) =>
        AssertSplit(Tokens, Pieces(output, spell: true), start, thought, answer);

    // Nothing says that this model thinks: only a thought that is opened at once is one.
    [Theory]
    [InlineData("<think>x</think>y", "x", "y")]
    [InlineData("HTML has no </think>, so", "", "HTML has no </think>, so")]
    [InlineData("</think> closes", "", "</think> closes")]
    public void Push_ModelThatKnowsNoMarks_ThinksOnlyWhenItSaysSo(string output, string thought, string answer) =>
        AssertSplit(Unknown, [.. output.Select(unit => (unit.ToString(), Array.Empty<ThoughtMark>()))], ThoughtState.None, thought, answer);

    [Fact]
    public void Push_TextThatCannotBeAMark_IsHandedOverAtOnce()
    {
        var splitter = new ThinkingSplitter(ThoughtMarks.InText, ThoughtState.Open);

        ThinkingPiece[] pieces = [.. new[] { "so", " <", "b", "</think>", "7" }.Select(text => splitter.Push(text, []))];

        Assert.Equal([new("so", ""), new(" ", ""), new("<b", ""), new("", ""), new("", "7")], pieces);
    }

    [Theory]
    [InlineData(ThoughtState.Closed)]
    [InlineData(ThoughtState.Answer)]
    public void Push_AnswerBegunForCertain_IsHandedOverAtOnce(ThoughtState start) =>
        Assert.Equal(new("", "so"), new ThinkingSplitter(Tokens, start).Push("so", []));

    // Nobody waits for a closing mark for ever; and the page shows what is undecided meanwhile.
    [Fact]
    public void Push_LongTextThatNoMarkOpened_IsTheAnswer()
    {
        var splitter = new ThinkingSplitter(Tokens);
        var word = new string('x', ThinkingSplitter.MostHeld);

        Assert.Equal(new("", ""), splitter.Push(word, []));
        Assert.Equal((word, ThoughtState.Answer), (splitter.Undecided, splitter.State));
        Assert.Equal(new("", word + "y"), splitter.Push("y", []));
        Assert.Equal(new("", "z"), splitter.Push("z", []));
    }

    [Fact]
    public void Split_LongThoughtThatNoMarkOpened_IsAThought()
    {
        var thought = new string('x', 10 * ThinkingSplitter.MostHeld);

        Assert.Equal(new(thought, "y"), ThinkingSplitter.Split(thought + "y", [new ThoughtMark(thought.Length, 0, Opens: false)], Tokens, ThoughtState.None));
    }

    [Theory]
    [InlineData("<｜Assistant｜><think>\n", ThoughtState.Open)]
    [InlineData("<｜Assistant｜>", ThoughtState.None)]
    [InlineData("<think>\n\n</think>\n\n", ThoughtState.Closed)]
    [InlineData("what is <think>?<｜Assistant｜>", ThoughtState.None)]
    public void AtEndOf_LooksAtTheEndOfThePrompt(string prompt, ThoughtState expected) => Assert.Equal(expected, ThinkingSplitter.AtEndOf(prompt));

    private static string Spelled(string output) => output.Replace("⟦", "<think>", StringComparison.Ordinal).Replace("⟧", "</think>", StringComparison.Ordinal);

    /// <summary>One piece a token: a mark, or a letter.</summary>
    private static List<(string Text, ThoughtMark[] Marks)> Pieces(string output, bool spell) => [.. output.Select(unit =>
    {
        if (unit is not ('⟦' or '⟧')) return (unit.ToString(), Array.Empty<ThoughtMark>());
        var text = spell ? Spelled(unit.ToString()) : "";
        return (text, new[] { new ThoughtMark(0, text.Length, unit == '⟦') });
    })];

    private static void AssertSplit(ThoughtMarks marks, List<(string Text, ThoughtMark[] Marks)> output, ThoughtState start, string thought, string answer)
    {
        var splitter = new ThinkingSplitter(marks, start);
        List<ThinkingPiece> streamed = [.. output.Select(piece => splitter.Push(piece.Text, piece.Marks)), splitter.Flush()];
        var (text, found) = ("", new List<ThoughtMark>());
        foreach (var piece in output)
        {
            found.AddRange(piece.Marks.Select(mark => mark with { Start = mark.Start + text.Length }));
            text += piece.Text;
        }

        var expected = new ThinkingPiece(Spelled(thought), Spelled(answer));
        Assert.Equal(expected, ThinkingSplitter.Split(text, found, marks, start));
        Assert.Equal(expected, new ThinkingPiece(string.Concat(streamed.Select(piece => piece.Thought)), string.Concat(streamed.Select(piece => piece.Answer))));
    }
}
