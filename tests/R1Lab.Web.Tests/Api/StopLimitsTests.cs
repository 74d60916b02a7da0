using R1Lab.Engine.Generation;
using R1Lab.Web.Tests.Models;

namespace R1Lab.Web.Tests.Api;

/// <summary>Every new token is compared with every stop text: all surfaces refuse too many and too long ones.</summary>
public sealed class StopLimitsTests(ModelLab models) : IClassFixture<ModelLab>
{
    public static TheoryData<int, int> Beyond => new() { { GenerationSettings.MostStops + 1, 1 }, { 1, GenerationSettings.LongestStop + 1 }, { 100_000, 1 } };

    [Theory, MemberData(nameof(Beyond))]
    public async Task Complete_StopTextsBeyondTheLimit_NamesTheField(int count, int length)
    {
        var refused = await models.Client.RefusedAsync("/v1/completions", new { model = ModelLab.Golden, prompt = new[] { 1 }, stop = Stops(count, length) });

        Assert.Equal((400, "stop"), (refused.Status, refused.Field));
    }

    [Theory, MemberData(nameof(Beyond))]
    public async Task Chat_StopTextsBeyondTheLimit_NamesTheField(int count, int length)
    {
        var refused = await models.Client.RefusedAsync(
            "/v1/chat/completions", new { model = ModelLab.Scripted, messages = new[] { new { role = "user", content = "x" } }, stop = Stops(count, length) });

        Assert.Equal((400, "stop"), (refused.Status, refused.Field));
    }

    [Theory, MemberData(nameof(Beyond))]
    public async Task Generate_StopTextsBeyondTheLimit_NamesTheField(int count, int length)
    {
        var (status, answer) = await models.Client.PostAsync("/generate", new { model = ModelLab.Scripted, inputs = "x", parameters = new { stop = Stops(count, length) } });

        Assert.InRange((int)status, 400, 422);
        Assert.Contains("stop", answer.ToJsonString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Complete_StopTokensBeyondTheLimit_NamesTheField()
    {
        var refused = await models.Client.RefusedAsync(
            "/v1/completions", new { model = ModelLab.Golden, prompt = new[] { 1 }, stop_token_ids = Enumerable.Range(0, GenerationSettings.MostStopTokens + 1) });

        Assert.Equal((400, "stop_token_ids"), (refused.Status, refused.Field));
    }

    private static string[] Stops(int count, int length) => [.. Enumerable.Repeat(new string('z', length), count)];
}
