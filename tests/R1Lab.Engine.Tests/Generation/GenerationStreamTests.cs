using R1Lab.Engine.Generation;

namespace R1Lab.Engine.Tests.Generation;

/// <summary>What the steps of a reply carry is the whole reply, whatever ends it.</summary>
public sealed class GenerationStreamTests : IDisposable
{
    private static readonly int[] Prompt = [10, 20, 30, 40];

    private readonly TinyModel _tiny = new();

    /// <summary>Settings, and what they have in common with a stop text that is taken from the reply (start and length; 0: none).</summary>
    public static TheoryData<GenerationSettings, int, int> Settings => new()
    {
        { new(), 0, 0 },
        { new() { Temperature = 0 }, 0, 0 },
        { new() { TopP = 0.5, TopK = 20 }, 0, 0 },
        { new() { FrequencyPenalty = 1, PresencePenalty = 1 }, 0, 0 },
        { new() { RepetitionPenalty = 1.5, NoRepeatNgramSize = 2 }, 0, 0 },
        { new() { SkipSpecialTokens = false }, 0, 0 },
        { new() { Logprobs = 2, Echo = true }, 0, 0 },
        { new(), 6, 2 },
        { new(), 0, 1 },
        { new() { Logprobs = 0 }, 11, 3 },
        { new() { SkipSpecialTokens = false }, 5, 4 },
    };

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public void Dispose() => _tiny.Dispose();

    [Theory, MemberData(nameof(Settings))]
    public async Task GenerateAsync_AnySettings_StreamsTheWholeReply(GenerationSettings settings, int stopAt, int stopLength)
    {
        using var model = _tiny.Load();
        using var engine = new GenerationEngine(model);
        // Bytes at random: many characters are cut, and every length of the reply ends one in a different place.
        foreach (var length in new[] { 1, 2, 7, 20, 41 })
        {
            var request = settings with { Seed = 3, MaxNewTokens = length, IgnoreEos = true };
            var free = await engine.GenerateAsync(new(Prompt, request), cancellation: Ct);
            if (stopLength > 0 && free.Text.Length < stopAt + stopLength) continue;
            if (stopLength > 0) request = request with { Stop = [free.Text.Substring(stopAt, stopLength)] };
            var steps = new List<GenerationStep>();

            var whole = await engine.GenerateAsync(new(Prompt, request), steps.Add, Ct);

            Assert.Equal(whole.Text, string.Concat(steps.Select(step => step.Text)));
            Assert.Equal(whole.Tokens, steps.Select(step => step.TokenId));
            var (expected, finish) = stopLength > 0
                ? (free.Text[..free.Text.IndexOf(request.Stop[0], StringComparison.Ordinal)], FinishReason.Stop)
                : (model.Tokenizer!.Decode(whole.Tokens, settings.SkipSpecialTokens), FinishReason.Length);
            Assert.Equal((expected, finish), (whole.Text, whole.Finish));
        }
    }

    // A stop text may end in the middle of what a token holds, and start with a character whose bytes are several tokens.
    [Theory]
    [InlineData("😀", "a")]
    [InlineData("a😀b", "")]
    [InlineData("\uFFFD", "a😀b好")]
    [InlineData("😁", "a😀b好\uFFFD")]
    [InlineData("好", "a😀b")]
    public void Push_StopTextOverSeveralTokens_EndsBeforeIt(string stop, string expected)
    {
        using var model = _tiny.Load();
        var reply = new ReplyText(model.Tokenizer, new GenerationSettings { Stop = [stop] }, model.ThoughtMarks);

        var released = string.Concat(System.Text.Encoding.UTF8.GetBytes("a😀b好").Append<byte>(0xF0).Append<byte>(0x9F).TakeWhile(_ => !reply.Stopped).Select(id => reply.Push(id)));

        Assert.Equal(expected, released + reply.Finish());
        Assert.Equal(expected, reply.Text);
    }

    // Held back for a stop text that never comes: the reply's last characters are the stop text's first.
    [Fact]
    public async Task GenerateAsync_EndInsideAPossibleStopText_ReleasesWhatWasHeldBack()
    {
        using var model = _tiny.Load();
        using var engine = new GenerationEngine(model);
        var settings = new GenerationSettings { Temperature = 0, MaxNewTokens = 12, IgnoreEos = true };
        var free = await engine.GenerateAsync(new(Prompt, settings), cancellation: Ct);
        var steps = new List<GenerationStep>();

        var held = await engine.GenerateAsync(new(Prompt, settings with { Stop = [free.Text[^2..] + "never"] }), steps.Add, Ct);

        Assert.Equal((free.Text, FinishReason.Length), (held.Text, held.Finish));
        Assert.Equal(free.Text, string.Concat(steps.Select(step => step.Text)));
    }

    [Theory]
    [InlineData(false, 4, FinishReason.Stop)]
    [InlineData(true, 12, FinishReason.Length)]
    public async Task GenerateAsync_EndTokenOfTheModel_EndsTheReplyUnlessIgnored(bool ignored, int most, FinishReason finish)
    {
        var settings = new GenerationSettings { Temperature = 0, MaxNewTokens = 12, IgnoreEos = true };
        var free = await RunAsync(settings);
        File.WriteAllText(Path.Combine(_tiny.Folder, "generation_config.json"), $$"""{"eos_token_id": {{free.Tokens[3]}}}""");

        var result = await RunAsync(settings with { IgnoreEos = ignored });

        Assert.Equal(finish, result.Finish);
        Assert.Equal(ignored ? free.Tokens : [.. free.Tokens.Take(free.Tokens.ToList().IndexOf(free.Tokens[3]) + 1)], result.Tokens);
        Assert.InRange(result.Tokens.Count, 1, most);
    }

    private async Task<GenerationResult> RunAsync(GenerationSettings settings)
    {
        using var model = _tiny.Load();
        using var engine = new GenerationEngine(model);
        return await engine.GenerateAsync(new(Prompt, settings), cancellation: Ct);
    }
}
