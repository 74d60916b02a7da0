using R1Lab.Engine.Generation;
using R1Lab.Engine.Tests.Modeling;
using static TorchSharp.torch;

namespace R1Lab.Engine.Tests.Generation;

public sealed class LogitsProcessorsTests
{
    private delegate void Processor(Span<float> logits, int[] previous);

    private static readonly Dictionary<string, Processor> Processors = new()
    {
        ["temperature_0.7"] = (x, _) => LogitsProcessors.Temperature(x, 0.7),
        ["top_k_5"] = (x, _) => LogitsProcessors.TopK(x, 5),
        ["top_p_0.8"] = (x, _) => LogitsProcessors.TopP(x, 0.8),
        ["min_p_0.1"] = (x, _) => LogitsProcessors.MinP(x, 0.1),
        ["typical_p_0.9"] = (x, _) => LogitsProcessors.TypicalP(x, 0.9),
        ["repetition_penalty_1.3"] = (x, previous) => LogitsProcessors.RepetitionPenalty(x, previous, 1.3),
        ["no_repeat_ngram_2"] = (x, previous) => LogitsProcessors.NoRepeatNgram(x, previous, 2),
        ["chain_rep1.2_temp0.7_topk10_topp0.9"] = (x, previous) =>
            new Sampler(new GenerationSettings { RepetitionPenalty = 1.2, Temperature = 0.7, TopK = 10, TopP = 0.9 }, previous).Process(x),
    };

    public static TheoryData<string> Names => [.. Processors.Keys];

    [Theory, MemberData(nameof(Names))]
    public void Process_GoldenLogits_EqualsHuggingFace(string name)
    {
        using var scope = NewDisposeScope();
        var golden = GoldenTensors.Read("golden", "losses", "logits_processors.safetensors");

        var actual = Rows(golden["logits"]).Zip(Rows(golden["previous_ids"].to(ScalarType.Float32)), (row, previous) =>
        {
            Processors[name](row, Array.ConvertAll(previous, id => (int)id));
            return row;
        });

        Assert.All(actual.Zip(Rows(golden[name])), pair => AssertSame(pair.Second, pair.First));
    }

    [Fact]
    public void TopP_VocabularyLargerThanTheFirstGuess_KeepsEnough()
    {
        var logits = new float[3000]; // all alike: 0.5 needs half of them

        LogitsProcessors.TopP(logits, 0.5);

        Assert.Equal(1500, logits.Count(float.IsFinite));
    }

    // Four tokens of a quarter each, which binary fractions sum exactly.
    [Theory]
    [InlineData(0.24, 1)]
    [InlineData(0.25, 1)]
    [InlineData(0.26, 2)]
    [InlineData(0.5, 2)]
    [InlineData(0.75, 3)]
    [InlineData(0.76, 4)]
    public void TopP_TokensThatReachItExactly_AreEnough(double probability, int kept)
    {
        var logits = new float[4];

        LogitsProcessors.TopP(logits, probability);

        Assert.Equal(kept, logits.Count(float.IsFinite));
    }

    [Theory]
    [InlineData(new[] { 1, 2 }, 2, new int[0])]
    [InlineData(new[] { 1, 2, 1 }, 2, new[] { 2 })]
    [InlineData(new[] { 2, 1, 1 }, 2, new[] { 1 })]
    [InlineData(new[] { 1, 1, 1 }, 3, new[] { 1 })]
    [InlineData(new[] { 1, 1 }, 3, new int[0])]
    [InlineData(new[] { 0, 3 }, 1, new[] { 0, 3 })]
    public void NoRepeatNgram_NewestNgramIncluded_IsNotRepeated(int[] tokens, int size, int[] ruledOut)
    {
        var logits = new float[4];

        LogitsProcessors.NoRepeatNgram(logits, tokens, size);

        Assert.Equal(ruledOut, Enumerable.Range(0, 4).Where(token => float.IsNegativeInfinity(logits[token])));
    }

    [Fact]
    public void PresenceAndFrequency_CountsOfTheReply_AreSubtracted()
    {
        var logits = new float[] { 1, 1, 1 };

        LogitsProcessors.PresenceAndFrequency(logits, new Dictionary<int, int> { [1] = 3 }, presence: 0.5, frequency: 0.25);

        Assert.Equal([1f, -0.25f, 1f], logits);
    }

    [Fact]
    public void Choose_ManyDraws_FollowTheDistribution()
    {
        var sampler = new Sampler(new GenerationSettings { Seed = 5 }, [0]);
        var counts = new int[3];

        for (var i = 0; i < 20_000; i++) counts[sampler.Choose([MathF.Log(0.5f), MathF.Log(0.3f), MathF.Log(0.2f)])]++;

        Assert.Equal([0.5, 0.3, 0.2], counts.Select(c => c / 20_000.0), (a, b) => Math.Abs(a - b) < 0.015);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Choose_NotANumber_SaysSo(double temperature)
    {
        var sampler = new Sampler(new GenerationSettings { Temperature = temperature }, [0]);

        Assert.Throws<ArithmeticException>(() => sampler.Choose([1, float.NaN, 2]));
    }

    private static IEnumerable<float[]> Rows(Tensor matrix) => Enumerable.Range(0, (int)matrix.size(0)).Select(i => matrix[i].contiguous().data<float>().ToArray()).ToList();

    private static void AssertSame(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Select(float.IsNegativeInfinity), actual.Select(float.IsNegativeInfinity));
        Assert.All(expected.Zip(actual).Where(p => float.IsFinite(p.First)), p => Assert.Equal(p.First, p.Second, 1e-6f));
    }
}
