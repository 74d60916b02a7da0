using System.Net;
using System.Net.Http.Headers;
using R1Lab.Data.Access;
using R1Lab.Tests.Shared;

namespace R1Lab.Web.Tests.Api;

/// <summary>What a key opens, by its scopes.</summary>
public sealed class KeyScopeTests(LabHost lab) : IClassFixture<LabHost>
{
    [Theory]
    [InlineData("GET", "/v1/models")]
    [InlineData("POST", "/v1/completions")]
    [InlineData("POST", "/v1/chat/completions")]
    [InlineData("POST", "/tokenize")]
    [InlineData("POST", "/detokenize")]
    [InlineData("GET", "/info")]
    [InlineData("GET", "/api/v1/models")]
    [InlineData("GET", "/api/v1/datasets")]
    [InlineData("POST", "/api/v1/uploads")]
    public async Task Call_WithoutKey_IsUnauthorized(string method, string path)
    {
        using var client = lab.CreateClient();

        var (status, answer) = await client.SendAsync(new HttpMethod(method), path, method == "POST" ? ApiCalls.Json(new { }) : null);

        Assert.Equal((HttpStatusCode.Unauthorized, "invalid_api_key"), (status, answer["error"]!["code"].Str()));
    }

    [Theory]
    [InlineData(ApiScopes.Generate, "/v1/models", HttpStatusCode.OK)]
    [InlineData(ApiScopes.Generate, "/api/v1/datasets", HttpStatusCode.Forbidden)]
    [InlineData(ApiScopes.Generate, "/api/v1/models", HttpStatusCode.Forbidden)]
    [InlineData(ApiScopes.Read, "/api/v1/datasets", HttpStatusCode.OK)]
    [InlineData(ApiScopes.Read, "/v1/models", HttpStatusCode.Forbidden)]
    [InlineData(ApiScopes.Write, "/api/v1/datasets", HttpStatusCode.OK)]
    public async Task Get_ByScope_IsAllowedOrForbidden(string scope, string path, HttpStatusCode expected)
    {
        using var client = await ClientAsync(scope);

        var (status, _) = await client.GetJsonAsync(path);

        Assert.Equal(expected, status);
    }

    [Theory]
    [InlineData(ApiScopes.Read)]
    [InlineData(ApiScopes.Generate)]
    public async Task Change_WithoutTheScope_IsForbidden(string scope)
    {
        using var client = await ClientAsync(scope);

        var import = await client.RefusedAsync("/api/v1/datasets?name=x", new { prompt = "a", response = "b" });
        var register = await client.RefusedAsync("/api/v1/models", new { path = "/x" });

        Assert.Equal(((403, "permission_denied"), (403, "permission_denied")), ((import.Status, import.Code), (register.Status, register.Code)));
    }

    private async Task<HttpClient> ClientAsync(string scope)
    {
        var client = lab.CreateClient();
        var issued = await lab.Get<AccessStore>().CreateKeyAsync(Actors.Lab, scope, [scope], null, cancellationToken: TestContext.Current.CancellationToken);
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", issued.Secret);
        return client;
    }
}
