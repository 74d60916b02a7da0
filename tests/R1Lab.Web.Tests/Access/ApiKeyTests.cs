using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using R1Lab.Data.Access;
using R1Lab.Tests.Shared;
using R1Lab.Web.Access;

namespace R1Lab.Web.Tests.Access;

public sealed class ApiKeyTests : IDisposable
{
    private readonly LabHost _lab = new();

    public void Dispose() => _lab.Dispose();

    [Theory]
    [InlineData("/v1/nothing")]
    [InlineData("/api/v1/nothing")]
    public async Task Call_WithoutKey_IsToldSoInOpenAiShape(string path)
    {
        var answer = await _lab.CreateClient().GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);

        var error = (await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken)).GetProperty("error");
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal(["message", "type", "param", "code"], error.EnumerateObject().Select(field => field.Name));
        Assert.Equal("invalid_api_key", error.GetProperty("code").GetString());
    }

    [Fact]
    public async Task Call_WithBootstrapKey_PassesBeforeAnyAdminExists()
    {
        var answer = await _lab.ApiClient().GetAsync(new Uri("/api/v1/nothing", UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }

    [Theory]
    [InlineData("r1l_key-of-the-tests-012345678")]
    [InlineData("r1l_unknown")]
    [InlineData("")]
    public async Task Call_WithWrongKey_IsRefused(string secret)
    {
        var answer = await CallAsync(secret);

        Assert.Equal(HttpStatusCode.Unauthorized, answer);
    }

    [Fact]
    public async Task Key_Issued_PassesUntilItIsRevoked()
    {
        _lab.CreateClient().Dispose();
        var issued = await _lab.Get<AccessStore>().CreateKeyAsync(Actors.Lab, "client", [ApiScopes.Read], null, cancellationToken: TestContext.Current.CancellationToken);

        var before = await CallAsync(issued.Secret);
        await _lab.Get<AccessStore>().RevokeKeyAsync(Actors.Lab, issued.Key.Id, cancellationToken: TestContext.Current.CancellationToken);
        var after = await CallAsync(issued.Secret);

        Assert.Equal((HttpStatusCode.NotFound, HttpStatusCode.Unauthorized), (before, after));
    }

    [Fact]
    public async Task Key_OfDisabledOwner_IsRefused()
    {
        (await _lab.SignedInAsync(LabRoles.Trainer)).Dispose();
        var owner = await _lab.UserAsync(LabRoles.Trainer);
        var issued = await _lab.Get<AccessStore>().CreateKeyAsync(Actors.Lab, "client", [ApiScopes.All], owner.Id, cancellationToken: TestContext.Current.CancellationToken);

        await _lab.Get<UserAccounts>().SetDisabledAsync(Actors.Lab, owner, true);

        Assert.Equal(HttpStatusCode.Unauthorized, await CallAsync(issued.Secret));
    }

    [Fact]
    public async Task Call_WithCookieAndForeignOrigin_IsRefused()
    {
        var browser = await _lab.SignedInAsync(LabRoles.Trainer);
        using var request = new HttpRequestMessage(HttpMethod.Post, AccountPaths.SignOut);
        request.Headers.Add("Origin", "http://evil.example");

        var answer = await browser.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    private async Task<HttpStatusCode> CallAsync(string secret)
    {
        var client = _lab.CreateClient();
        client.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", $"Bearer {secret}");
        return (await client.GetAsync(new Uri("/api/v1/nothing", UriKind.Relative), TestContext.Current.CancellationToken)).StatusCode;
    }
}
