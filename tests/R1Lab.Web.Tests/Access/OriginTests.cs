using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using R1Lab.Data.Access;

namespace R1Lab.Web.Tests.Access;

/// <summary>What a page of another site can make a visitor's browser send, with the visitor's cookie.</summary>
public sealed class OriginTests(OriginTests.SignedIn visitor) : IClassFixture<OriginTests.SignedIn>
{
    private const string Foreign = "http://evil.example";
    private static readonly string[] Methods = ["POST", "PUT", "PATCH", "DELETE"];

    public static TheoryData<string, string, bool> Requests
    {
        get
        {
            var requests = new TheoryData<string, string, bool>();
            (string Origin, bool Ours)[] origins =
            [
                (Foreign, false), ("http://localhost.evil.example", false), ("http://localhost:8080", false), ("https://localhost", false),
                ("https://localhost:80", false), ("null", false), ("http://localhost", true), ("http://LOCALHOST", true), ("http://localhost:80", true),
            ];
            foreach (var method in Methods)
            {
                foreach (var (origin, ours) in origins) requests.Add(method, origin, ours);
            }

            return requests;
        }
    }

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task Change_FromAnOrigin_IsTakenFromThisLabOnly(string method, string origin, bool ours)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), "/api/v1/datasets/1/rows");
        request.Headers.TryAddWithoutValidation("Origin", origin);

        Assert.Equal(ours, !await IsRefusedAsync(request));
    }

    // Pages, forms, the API in all its shapes and the circuit's negotiation: whatever is served, with every method that it takes.
    [Theory]
    [InlineData(Foreign)]
    [InlineData("http://localhost:8080")]
    public async Task Change_OnAnyEndpoint_IsRefusedToAForeignPage(string origin)
    {
        var taken = new List<string>();
        var endpoints = visitor.Endpoints.SelectMany(endpoint => MethodsOf(endpoint).Select(method => (Method: method, Address: AddressOf(endpoint))))
            .Distinct().ToList();

        foreach (var (method, address) in endpoints)
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), address);
            request.Headers.TryAddWithoutValidation("Origin", origin);
            if (!await IsRefusedAsync(request)) taken.Add($"{method} {address}");
        }

        Assert.Empty(taken);
        string[] surfaces = ["POST /v1/chat/completions", "POST /generate", "POST /account/sign-out", "DELETE /api/v1/datasets/1", "POST /_blazor/negotiate"];
        Assert.Empty(surfaces.Except(endpoints.Select(endpoint => $"{endpoint.Method} {endpoint.Address}")));
    }

    [Theory]
    [InlineData(Foreign, true)]
    [InlineData("http://localhost:8080", true)]
    [InlineData("https://localhost", true)]
    [InlineData("http://localhost", false)]
    public async Task WebSocket_FromAnOrigin_IsOpenedForThisLabOnly(string origin, bool refused)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/_blazor");
        request.Headers.TryAddWithoutValidation("Origin", origin);
        request.Headers.TryAddWithoutValidation("Connection", "Upgrade");
        request.Headers.TryAddWithoutValidation("Upgrade", "websocket");

        Assert.Equal(refused, await IsRefusedAsync(request));
    }

    [Fact]
    public async Task Change_WithTwoOrigins_IsRefused()
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, "/api/v1/datasets/1");
        request.Headers.TryAddWithoutValidation("Origin", ["http://localhost", Foreign]);

        Assert.True(await IsRefusedAsync(request));
    }

    [Fact]
    public async Task Change_WithCookieAndAnotherKindOfAuthorization_IsRefused()
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, "/api/v1/datasets/1");
        request.Headers.TryAddWithoutValidation("Origin", Foreign);
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", "YTpi");

        Assert.True(await IsRefusedAsync(request));
    }

    [Fact]
    public async Task Change_WithAKey_ComesFromAnywhere()
    {
        using var request = new HttpRequestMessage(HttpMethod.Delete, "/api/v1/datasets/1");
        request.Headers.TryAddWithoutValidation("Origin", Foreign);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", LabHost.BootstrapKey);

        Assert.False(await IsRefusedAsync(request));
    }

    [Fact]
    public async Task Page_OpenedByALinkOfAnotherSite_IsShown()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/runs");
        request.Headers.TryAddWithoutValidation("Origin", Foreign);

        var answer = await visitor.Browser.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private static IEnumerable<string> MethodsOf(RouteEndpoint endpoint) =>
        (endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["POST"]).Except(["GET", "HEAD"]);

    private static string AddressOf(RouteEndpoint endpoint) => "/" + string.Join(
        '/', endpoint.RoutePattern.PathSegments.Select(segment => segment.Parts is [RoutePatternLiteralPart literal] ? literal.Content : "1"));

    private async Task<bool> IsRefusedAsync(HttpRequestMessage request)
    {
        using var answer = await visitor.Browser.SendAsync(request, TestContext.Current.CancellationToken);
        if (answer.Content.Headers.ContentType?.MediaType != "application/json" || answer.IsSuccessStatusCode) return false;
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        if (!body.TryGetProperty("error", out var error)) return false;
        // text-generation-inference answers with a sentence where OpenAI has an object.
        return error.ValueKind == JsonValueKind.Object
            ? error.GetProperty("code").GetString() == "request_refused"
            : error.GetString()!.Contains("page of another site", StringComparison.Ordinal);
    }

    /// <summary>A browser in which a trainer is signed in.</summary>
    public sealed class SignedIn : IAsyncLifetime
    {
        private readonly LabHost _lab = new();

        public HttpClient Browser { get; private set; } = default!;

        public IEnumerable<RouteEndpoint> Endpoints => _lab.Get<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>();

        public async ValueTask InitializeAsync() => Browser = await _lab.SignedInAsync(LabRoles.Trainer);

        public ValueTask DisposeAsync()
        {
            Browser.Dispose();
            _lab.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
