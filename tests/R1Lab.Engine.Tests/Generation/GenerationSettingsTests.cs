using R1Lab.Engine.Generation;

namespace R1Lab.Engine.Tests.Generation;

public sealed class GenerationSettingsTests
{
    [Fact]
    public void Problems_Defaults_None() => Assert.Empty(new GenerationSettings().Problems());

    [Fact]
    public void Problems_EverythingWrong_NamesEveryFieldOnce()
    {
        var settings = new GenerationSettings
        {
            Temperature = -1,
            TopK = -1,
            TopP = 0,
            MinP = 2,
            TypicalP = 0,
            RepetitionPenalty = 0,
            PresencePenalty = double.NaN,
            FrequencyPenalty = double.PositiveInfinity,
            NoRepeatNgramSize = -1,
            MaxNewTokens = -1,
            Logprobs = -1,
            Stop = [""],
            StopTokenIds = [-1],
        };

        Assert.Equal(
            ["temperature", "top_k", "top_p", "min_p", "typical_p", "repetition_penalty", "presence_penalty", "frequency_penalty", "no_repeat_ngram_size", "max_tokens", "logprobs", "stop", "stop_token_ids"],
            settings.Problems().Select(p => p.Field));
    }

    [Fact]
    public void Problems_NoTokens_AreRightOnlyWithEcho()
    {
        Assert.Equal("max_tokens_zero", Assert.Single(new GenerationSettings { MaxNewTokens = 0 }.Problems()).Code);
        Assert.Empty(new GenerationSettings { MaxNewTokens = 0, Echo = true }.Problems());
    }

    [Theory]
    [InlineData(64, 1_000, 1_000, null)]
    [InlineData(65, 1, 0, "stop_too_many")]
    [InlineData(1, 1_001, 0, "stop_too_long")]
    [InlineData(0, 0, 1_001, "stop_tokens_too_many")]
    public void Problems_StopTextsAndTokens_AreBoundedInNumberAndLength(int texts, int length, int tokens, string? code)
    {
        var settings = new GenerationSettings { Stop = [.. Enumerable.Repeat(new string('x', length), texts)], StopTokenIds = [.. Enumerable.Range(0, tokens)] };

        Assert.Equal(code, settings.Problems().SingleOrDefault()?.Code);
    }
}
