using R1Lab.Engine.Generation;

namespace R1Lab.Engine.Tests.Generation;

/// <summary>Which tokens each penalty counts: the reply's for presence and frequency, the prompt's too for repetition.</summary>
public sealed class SamplerTests
{
    private static readonly GenerationSettings Greedy = new() { Temperature = 0 };

    [Fact]
    public void Choose_FrequencyPenalty_GrowsWithEveryRepetition() =>
        // 2.0, 1.6 and 1.2 are above 1.0; the fourth time 0.8 is not.
        Assert.Equal([0, 0, 0, 1], Choices(Greedy with { FrequencyPenalty = 0.4 }, prompt: [1], 2, 1));

    [Fact]
    public void Choose_PresencePenalty_IsTheSameHoweverOften() =>
        // Once 0 is there it stands at 1.6; once 1 were there it would stand at 0.6.
        Assert.Equal([0, 0, 0, 0], Choices(Greedy with { PresencePenalty = 0.4 }, prompt: [1], 2, 1));

    [Theory]
    [InlineData(1.5, 0)]
    [InlineData(0, 1.5)]
    public void Choose_PresenceAndFrequency_DoNotCountThePrompt(double presence, double frequency)
    {
        var settings = Greedy with { PresencePenalty = presence, FrequencyPenalty = frequency };

        // Only after its first appearance in the reply does 0 fall below 1.
        Assert.Equal([0, 1], Choices(settings, prompt: [0, 0, 0], 2, 1).Take(2));
    }

    [Fact]
    public void Choose_RepetitionPenalty_CountsPromptAndReply()
    {
        var settings = Greedy with { RepetitionPenalty = 3 };

        Assert.Equal(1, Choices(settings, prompt: [0], 2, 1)[0]);
        Assert.Equal([0, 1], Choices(settings, prompt: [2], 2, 1, 0).Take(2));
    }

    // The same logits at each of four steps.
    private static int[] Choices(GenerationSettings settings, int[] prompt, params float[] logits)
    {
        var sampler = new Sampler(settings, prompt);
        return [.. Enumerable.Range(0, 4).Select(_ => sampler.Choose([.. logits]))];
    }
}
