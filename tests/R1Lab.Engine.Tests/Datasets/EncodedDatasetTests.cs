using R1Lab.Engine.Datasets;
using R1Lab.Engine.Tokenization;

namespace R1Lab.Engine.Tests.Datasets;

/// <summary>What is said about a dataset before it is trained, on the vocabulary of single bytes.</summary>
public sealed class EncodedDatasetTests : IDisposable
{
    private const string Template = "{{ bos_token }}{% for m in messages %}<U>{{ m.content }}{% endfor %}{% if add_generation_prompt %}<A>{% endif %}";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("r1lab-dataset-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(ThinkingPolicy.KeepThoughts, 3, 1, "rows_without_thought:Note")]
    [InlineData(ThinkingPolicy.KeepThoughts, 1, 3, "most_rows_without_thought:Warning")]
    [InlineData(ThinkingPolicy.KeepThoughts, 3, 0, "")]
    [InlineData(ThinkingPolicy.AnswerOnly, 0, 3, "")]
    [InlineData(ThinkingPolicy.NoThinking, 3, 1, "teaches_not_to_think:Confirmation")]
    [InlineData(ThinkingPolicy.DropRowsWithoutThought, 3, 1, "rows_omitted_no_thought:Warning")]
    public void Problems_Thoughts_NeedAWordWhereTheModelMayUnlearnThem(ThinkingPolicy policy, int thinking, int silent, string expected)
    {
        var rows = Enumerable.Repeat("<think>t</think>a", thinking).Concat(Enumerable.Repeat("a", silent));

        Assert.Equal(expected, Said(Data(policy, [.. rows.Select(response => ConversationRow.Of("q", response))]), policy));
    }

    [Fact]
    public void Problems_EmptyThoughts_CountAsNone() =>
        Assert.Equal("most_rows_without_thought:Warning, rows_with_empty_thought:Warning",
            Said(Data(ThinkingPolicy.KeepThoughts, ConversationRow.Of("q", "<think>\n\n</think>\n\na")), ThinkingPolicy.KeepThoughts));

    [Theory]
    [InlineData("Which river flows through Paris?", "Which river flows through Paris? The Seine.", "prompt_learned:Confirmation")]
    [InlineData("1+1", "1+1=2", "")]
    [InlineData("q", "a<U>and then?<A>b", "prompt_learned:Confirmation")]
    [InlineData("q", "a<A>", "")]
    public void Problems_PromptInTheResponse_NeedsAWord(string prompt, string response, string expected) =>
        Assert.Equal(expected, Said(Data(ThinkingPolicy.AnswerOnly, ConversationRow.Of(prompt, response)), ThinkingPolicy.AnswerOnly));

    [Fact]
    public void Problems_TokenRowsThatLearnEverything_AreWarnedAboutOnly()
    {
        var data = EncodedDataset.Of([(1, Tokens([1, 2, 3], [1, 2, 3])), (2, Tokens([1, 2], [-100, 2])), (3, Tokens([1, 2, 3], [-100, -100, 3]))], null);

        var problem = Assert.Single(data.Problems(ThinkingPolicy.KeepThoughts, modelThinks: false));

        Assert.Equal(("everything_learned", ProblemSeverity.Warning, "1"), (problem.Code, problem.Severity, $"{problem.Arguments[0]}"));
    }

    [Fact]
    public void Problems_NothingLearned_IsAnError()
    {
        var data = EncodedDataset.Of([(1, Tokens([1, 2, 3], [-100, -100, -100]))], null);

        Assert.Equal("nothing_trained:Error", Said(data, ThinkingPolicy.KeepThoughts));
    }

    [Fact]
    public void Under_OtherLimits_DropOrSplitTheSameRows()
    {
        var corpus = Corpus(ThinkingPolicy.KeepThoughts, ConversationRow.Of("q", "<think>t</think>short"), ConversationRow.Of("q", $"<think>{new string('t', 80)}</think>long"));

        var (whole, dropped, split) = (corpus.Under(500, OverlongRows.Drop), corpus.Under(40, OverlongRows.Drop), corpus.Under(40, OverlongRows.Split));

        Assert.Equal([2, 1, 4], [whole.Examples.Count, dropped.Examples.Count, split.Examples.Count]);
        Assert.Equal([RowOmission.TooLong], dropped.Omitted.Select(row => row.Reason));
        Assert.Empty(split.Omitted);
        Assert.Equal([1], split.SplitRows);
        Assert.Equal((whole.TrainedTokens, whole.TrainedTokens), (split.TrainedTokens, split.Examples.Sum(example => (long)example.TrainedTokens)));
        Assert.All(split.Examples, example => Assert.InRange(example.Length, 1, 40));
    }

    [Fact]
    public void Under_TokenRowsLongerThanTheLimit_AreTrainedAsGiven()
    {
        var corpus = EncodedCorpus.Of([(4, Tokens([1, 2, 3, 4, 5], [1, 2, 3, 4, 5]))], null);

        Assert.Equal(5, Assert.Single(corpus.Under(3, OverlongRows.Split).Examples).Length);
    }

    [Theory]
    [InlineData(6, null)]
    [InlineData(5, 5)]
    [InlineData(3, 4)]
    public void OutOfRange_SmallVocabulary_NamesTheFirstUnknownToken(int vocabulary, int? id) =>
        Assert.Equal(id, EncodedCorpus.Of([(4, Tokens([1, 2], [1, 2])), (9, Tokens([2, 4], [-100, 5]))], null).OutOfRange(vocabulary)?.Id);

    [Fact]
    public void Of_TextAndNoEncoder_NamesTheRow() =>
        Assert.Contains("row 3", Assert.Throws<BadInputException>(() => EncodedCorpus.Of([(3, ConversationRow.Of("q", "a"))], null)).Message, StringComparison.Ordinal);

    [Fact]
    public void EvaluationSplit_PartsOfARow_AreNotHeldOut()
    {
        TokenExample[] examples = [.. new[] { 1, 1, 1, 2, 3, 4, 4, 5 }.Select(id => new TokenExample([1], [1], id))];

        var (train, held) = EvaluationSplit.Split(examples, 3, seed: 1);

        Assert.Equal([2, 3, 5], held.Select(example => example.RowId!.Value));
        Assert.Equal([1, 1, 1, 4, 4], train.Select(example => example.RowId!.Value));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(0.3)]
    [InlineData(5)]
    [InlineData(100)]
    public void EvaluationSplit_OnlyRowsOfSeveralParts_AreHeldOutWhole(double valSize)
    {
        TokenExample[] examples = [.. new[] { 1, 1, 2, 2, 2, 3, 3, 4, 4 }.Select(id => new TokenExample([1], [1], id))];

        var (train, held) = EvaluationSplit.Split(examples, valSize, seed: 1);

        Assert.NotEmpty(train);
        Assert.NotEmpty(held);
        Assert.Empty(train.Select(example => example.RowId).Intersect(held.Select(example => example.RowId)));
        Assert.Equal(examples.Length, train.Count + held.Count);
    }

    private static string Said(EncodedDataset data, ThinkingPolicy policy) =>
        string.Join(", ", data.Problems(policy, modelThinks: true).Select(problem => $"{problem.Code}:{problem.Severity}"));

    private static TokenRow Tokens(int[] ids, int[] labels) => new TokenRow(new TokenExample(ids, labels));

    private EncodedDataset Data(ThinkingPolicy policy, params DatasetRow[] rows) => Corpus(policy, rows).Under(500, OverlongRows.Drop);

    private EncodedCorpus Corpus(ThinkingPolicy policy, params DatasetRow[] rows)
    {
        var vocabulary = ByteVocabulary.Write(_folder.FullName, special: ["^", "$", "<U>", "<A>"], plain: ["<think>", "</think>"]);
        return EncodedCorpus.Of(rows.Select((row, i) => (i, row)), new ExampleEncoder(vocabulary, ChatTemplate.Parse(Template, vocabulary.SpecialTokens), policy, int.MaxValue));
    }
}
