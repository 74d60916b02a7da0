using System.Net;
using System.Text;
using System.Text.Json;

namespace R1Lab.Web.Tests.Api;

/// <summary>Whatever is wrong with a request, the answer is JSON in the OpenAI shape and names the field where there is one.</summary>
public sealed class ApiErrorTests(LabHost lab) : IClassFixture<LabHost>
{
    [Theory]
    [InlineData("GET", "/api/v1/nothing", null, HttpStatusCode.NotFound, "not_found", null)]
    [InlineData("GET", "/api/v1/datasets/999", null, HttpStatusCode.NotFound, null, null)]
    [InlineData("DELETE", "/v1/models", null, HttpStatusCode.MethodNotAllowed, "method_not_allowed", null)]
    [InlineData("GET", "/api/v1/datasets/1/rows?offset=x", null, HttpStatusCode.BadRequest, "invalid_value", "offset")]
    [InlineData("POST", "/v1/chat/completions", "{", HttpStatusCode.BadRequest, "invalid_json", null)]
    [InlineData("POST", "/v1/chat/completions", "[]", HttpStatusCode.BadRequest, null, null)]
    [InlineData("POST", "/api/v1/models", "{\"path\":\"\\ud800\"}", HttpStatusCode.BadRequest, "invalid_json", "path")]
    public async Task Request_ThatIsWrong_IsAnsweredInShape(string method, string path, string? body, HttpStatusCode status, string? code, string? field)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");

        using var answer = await lab.ApiClient().SendAsync(request, TestContext.Current.CancellationToken);

        var text = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var error = JsonDocument.Parse(text).RootElement.GetProperty("error");
        Assert.Equal(status, answer.StatusCode);
        Assert.Equal(["message", "type", "param", "code"], error.EnumerateObject().Select(value => value.Name));
        Assert.False(string.IsNullOrWhiteSpace(error.GetProperty("message").GetString()));
        if (code is not null) Assert.Equal((code, field), (error.GetProperty("code").GetString(), error.GetProperty("param").GetString()));
        Assert.DoesNotContain("   at ", text, StringComparison.Ordinal);
    }
}
