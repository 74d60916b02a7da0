using Microsoft.AspNetCore.Routing;

namespace R1Lab.Web.Tests.Api;

public sealed class OpenApiTests(LabHost lab) : IClassFixture<LabHost>
{
    [Fact]
    public async Task Document_EveryRouteThatPeopleMayCall_HasASummary()
    {
        using var client = lab.CreateClient();
        var (_, document) = await client.GetJsonAsync("/openapi/v1.json");

        var described = document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject().Select(method => (Path: path.Key, Method: method.Key.ToUpperInvariant(), Summary: method.Value!["summary"]?.GetValue<string>())));
        var byRoute = described.ToDictionary(d => (d.Path, d.Method), d => d.Summary);

        var routes = lab.Get<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(e => e.RoutePattern.RawText is { } path && (path.StartsWith("/api/", StringComparison.Ordinal) || path.StartsWith("/v1/", StringComparison.Ordinal) || path is "/tokenize" or "/detokenize" or "/generate" or "/generate_stream" or "/info"))
            .SelectMany(e => e.Metadata.GetRequiredMetadata<HttpMethodMetadata>().HttpMethods.Select(method => (Plain(e.RoutePattern), method)));
        Assert.All(routes, route => Assert.False(string.IsNullOrEmpty(byRoute.GetValueOrDefault(route)), $"{route} has no summary"));
    }

    // As the document spells a route: no constraints, no stars, no slash at the end.
    private static string Plain(Microsoft.AspNetCore.Routing.Patterns.RoutePattern pattern) =>
        "/" + string.Join('/', pattern.PathSegments.Select(segment => string.Concat(segment.Parts.Select(part => part switch
        {
            Microsoft.AspNetCore.Routing.Patterns.RoutePatternParameterPart parameter => $"{{{parameter.Name}}}",
            Microsoft.AspNetCore.Routing.Patterns.RoutePatternLiteralPart literal => literal.Content,
            _ => "",
        }))));
}
