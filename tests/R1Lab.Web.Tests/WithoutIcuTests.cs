using System.Net.Http.Json;
using System.Text.Json.Nodes;
using R1Lab.Tests.Shared;
using R1Lab.Web.Access;
using R1Lab.Web.Tests.Durability;

namespace R1Lab.Web.Tests;

/// <summary>The program where .NET finds no ICU, as in small containers: both languages are there, and texts are normalised as everywhere.</summary>
public sealed class WithoutIcuTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Start_WithoutIcu_AnswersInBothLanguagesAndGivesTheSameTokens()
    {
        await using var lab = await StartedLab.StartAsync(_folder.Path, ("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT", "1"));

        var chinese = await PageAsync(lab, "zh-CN");
        var english = await PageAsync(lab, "en");
        var (composed, decomposed) = (await TokensAsync(lab, "caf\u00E9 \uD55C"), await TokensAsync(lab, "cafe\u0301 \u1112\u1161\u11AB"));

        Assert.Contains("lang=\"zh-CN\"", chinese, StringComparison.Ordinal);
        Assert.Contains("lang=\"en\"", english, StringComparison.Ordinal);
        Assert.Equal(composed, decomposed);
    }

    [Theory]
    [InlineData("e\u0301milie", "\u00C9MILIE")]
    [InlineData("\u1112\u1161\u11AB", "\uD55C")]
    [InlineData("Anna", "ANNA")]
    [InlineData(null, null)]
    public void NormalizeName_HoweverItWasTyped_IsOneName(string? typed, string? compared)
    {
        var names = new NameNormalizer();

        Assert.Equal((compared, compared), (names.NormalizeName(typed), names.NormalizeEmail(typed)));
    }

    private static async Task<string> PageAsync(BuiltProgram lab, string language)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/account/sign-in");
        request.Headers.AcceptLanguage.ParseAdd(language);
        using var answer = await lab.Client.SendAsync(request, TestContext.Current.CancellationToken);
        return await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
    }

    private static async Task<string> TokensAsync(BuiltProgram lab, string text)
    {
        using var answer = await lab.Client.PostAsJsonAsync("/tokenize", new { model = "r1lab-demo-qwen3-3m", prompt = text }, TestContext.Current.CancellationToken);
        var body = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        return JsonNode.Parse(body)!["tokens"]?.ToJsonString() ?? throw new InvalidOperationException(body);
    }
}
