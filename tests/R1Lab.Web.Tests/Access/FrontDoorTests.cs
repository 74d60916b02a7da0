using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using R1Lab.Web.Access;
using R1Lab.Web.Localization;

namespace R1Lab.Web.Tests.Access;

/// <summary>What every request meets before any page: headers, host names, limits, languages.</summary>
public sealed class FrontDoorTests(LabHost lab) : IClassFixture<LabHost>
{
    [Theory]
    [InlineData("/")]
    [InlineData("/health")]
    [InlineData("/account/sign-in")]
    [InlineData("/v1/models")]
    [InlineData("/css/lab.css")]
    [InlineData("/_content/MudBlazor/MudBlazor.min.css")]
    [InlineData("/nothing")]
    public async Task Answer_OfEveryRoute_CarriesTheSecurityHeaders(string path)
    {
        var answer = await lab.Browser().GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);

        var headers = SecurityHeaders.All.Keys.ToDictionary(name => name, name => string.Join(", ", answer.Headers.TryGetValues(name, out var values) ? values : []));
        Assert.Equal(SecurityHeaders.All, headers);
    }

    [Fact]
    public async Task Pages_HoldNoInlineScript()
    {
        var html = await lab.CreateClient().GetStringAsync(new Uri(AccountPaths.SignIn, UriKind.Relative), TestContext.Current.CancellationToken);

        var scripts = html.Split("<script").Skip(1).Select(rest => rest[..rest.IndexOf("</script>", StringComparison.Ordinal)]);
        Assert.All(scripts, script => Assert.Matches("^ [^>]*src=\"[^\"]+\"[^>]*>$", script));
        Assert.DoesNotContain("http://", html, StringComparison.Ordinal);
        Assert.DoesNotContain("https://", html, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("localhost", HttpStatusCode.OK)]
    [InlineData("127.0.0.1:5199", HttpStatusCode.OK)]
    [InlineData("192.168.1.20:5199", HttpStatusCode.OK)]
    [InlineData("[::1]:5199", HttpStatusCode.OK)]
    [InlineData("evil.example", HttpStatusCode.BadRequest)]
    public async Task Host_ThatIsNotOurs_IsRefused(string host, HttpStatusCode expected)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/health");
        request.Headers.Host = host;

        var answer = await lab.CreateClient().SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(expected, answer.StatusCode);
    }

    [Fact]
    public async Task Burst_BeyondTheLimit_IsToldWhenToComeBack()
    {
        using var tight = LabHost.With(new() { ["Lab:RateLimits:Burst"] = "3", ["Lab:RateLimits:PerSecond"] = "1" });
        var client = tight.ApiClient();

        HttpResponseMessage? last = null;
        for (var call = 0; call < 8; call++) last = await client.GetAsync(new Uri("/api/v1/nothing", UriKind.Relative), TestContext.Current.CancellationToken);

        var error = (await last!.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("error");
        Assert.Equal(HttpStatusCode.TooManyRequests, last.StatusCode);
        Assert.True(last.Headers.RetryAfter?.Delta >= TimeSpan.FromSeconds(1));
        Assert.Equal("rate_limit_exceeded", error.GetProperty("code").GetString());
    }

    [Theory]
    [InlineData("zh-CN", "zh-CN")]
    [InlineData("zh", "zh-CN")]
    [InlineData("zh-Hant-TW,en;q=0.5", "zh-CN")]
    [InlineData("fr;q=0.9,zh;q=0.5,en;q=0.3", "zh-CN")]
    [InlineData("en-GB,zh;q=0.5", "en")]
    [InlineData("fr", "en")]
    public async Task Language_AskedForByTheBrowser_IsSpoken(string asked, string expected)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, AccountPaths.SignIn);
        request.Headers.TryAddWithoutValidation("Accept-Language", asked);

        var answer = await lab.CreateClient().SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Contains($"<html lang=\"{expected}\"", await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Language_Chosen_IsRemembered()
    {
        var browser = lab.Browser();

        var chosen = await browser.PostAsync(new Uri($"{Languages.SwitchPath}?returnUrl=/account/sign-in", UriKind.Relative), await ChoiceAsync(browser), TestContext.Current.CancellationToken);
        var page = await browser.GetStringAsync(new Uri(AccountPaths.SignIn, UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.Equal(AccountPaths.SignIn, chosen.Headers.Location?.ToString());
        Assert.Contains("<h1 tabindex=\"-1\">登录</h1>", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", true)]
    [InlineData("POST", false)]
    public async Task Language_ChosenByALinkOrWithoutTheRequestToken_StaysAsItWas(string method, bool hasToken)
    {
        var browser = lab.Browser();
        using var request = new HttpRequestMessage(new HttpMethod(method), $"{Languages.SwitchPath}?culture=zh-CN&returnUrl=/account/sign-in");
        if (method == "POST") request.Content = new FormUrlEncodedContent(new Dictionary<string, string> { ["culture"] = "zh-CN" });
        if (hasToken) await ChoiceAsync(browser);

        var answer = await browser.SendAsync(request, TestContext.Current.CancellationToken);
        var page = await browser.GetStringAsync(new Uri(AccountPaths.SignIn, UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.DoesNotContain(answer.Headers.TryGetValues("Set-Cookie", out var cookies) ? cookies : [], cookie => cookie.Contains("Culture", StringComparison.Ordinal));
        Assert.Contains("<html lang=\"en\"", page, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://evil.example/")]
    [InlineData("//evil.example/")]
    [InlineData("/\\evil.example")]
    public async Task Language_WithAForeignReturnAddress_LeadsToTheStartPage(string returnUrl)
    {
        var browser = lab.Browser();

        var chosen = await browser.PostAsync(
            new Uri($"{Languages.SwitchPath}?returnUrl={Uri.EscapeDataString(returnUrl)}", UriKind.Relative), await ChoiceAsync(browser), TestContext.Current.CancellationToken);

        Assert.Equal("/", chosen.Headers.Location?.OriginalString);
    }

    private static async Task<FormUrlEncodedContent> ChoiceAsync(HttpClient browser) => new(new Dictionary<string, string>
    {
        ["culture"] = "zh-CN",
        ["__RequestVerificationToken"] = await browser.RequestTokenAsync(AccountPaths.SignIn),
    });

    [Fact]
    public async Task Ready_OnAWorkingLab_SaysSo()
    {
        var answer = await lab.CreateClient().GetFromJsonAsync<JsonElement>(new Uri("/health/ready", UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.Equal("ready", answer.GetProperty("status").GetString());
    }

    [Fact]
    public async Task OpenApi_DescribesOnlyWhatProgramsMayCall()
    {
        var document = await lab.CreateClient().GetFromJsonAsync<JsonElement>(new Uri("/openapi/v1.json", UriKind.Relative), TestContext.Current.CancellationToken);

        var paths = document.GetProperty("paths").EnumerateObject().Select(path => path.Name).ToList();
        Assert.Contains("/health/ready", paths);
        Assert.DoesNotContain(paths, path => path.StartsWith("/account", StringComparison.Ordinal) || path.StartsWith("/_", StringComparison.Ordinal));
    }
}
