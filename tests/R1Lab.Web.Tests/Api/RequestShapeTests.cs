using System.Net.Http.Headers;
using System.Text;
using Microsoft.AspNetCore.Routing;
using R1Lab.Web.Errors;
using R1Lab.Web.Tests.Models;

namespace R1Lab.Web.Tests.Api;

/// <summary>Bodies of every wrong shape, sent to every address that takes one: a client's mistake is never answered as the lab's.</summary>
public sealed class RequestShapeTests(ModelLab lab) : IClassFixture<ModelLab>
{
    private const string Messages = "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]";

    private static readonly byte[][] Bodies =
    [
        [], [0xff, 0xfe, 0x00], [0xc3, 0x28],
        .. new[]
        {
            "null", "[]", "0", "\"\"", "{", "{}", "{\"\":1}", "[[[[[[[[[[", "{\"model\":1e999}", "{\"model\":null,\"messages\":null}", "{\"messages\":[null]}",
            "{\"messages\":[{\"role\":\"user\",\"role\":\"user\",\"content\":\"a\",\"content\":\"b\"}]}", "{\"messages\":[{\"role\":\"user\",\"content\":\"\\ud800\"}]}",
            Messages + ",\"stop\":\"\\udfff\"}", Messages + ",\"stop\":[\"\\ud800\"]}", Messages + ",\"stop\":[[]]}", Messages + ",\"max_tokens\":1,\"n\":1e30}", Messages + ",\"seed\":99999999999999999999}",
            Messages + ",\"logit_bias\":{\"x\":1}}", Messages + ",\"max_tokens\":-1}", Messages + ",\"temperature\":\"hot\"}", Messages + ",\"tools\":[1]}", Messages + ",\"max_tokens\":1,\"tools\":[{\"a\":1,\"a\":2}]}",
            "{\"prompt\":\"\\ud800\",\"max_tokens\":1}", "{\"prompt\":[[-1]]}", "{\"prompt\":[[2147483648]]}", "{\"prompt\":{},\"inputs\":[]}", "{\"inputs\":\"\\ud800\",\"parameters\":{\"stop\":[\"\\ud800\"]}}",
            "{\"name\":\"\\ud800\",\"prompt\":\"\\ud800\",\"response\":\"\\ud800\"}", "{\"name\":\"a\\u0000b\",\"path\":\"a\\u0000b\"}", "{\"input_ids\":[1e99],\"labels\":[\"\"]}",
            "{\"file_name\":\"\\ud800\",\"length\":-1}", "{\"file_name\":\"a\",\"length\":9223372036854775807}", "{\"recipe\":{\"learning_rate\":\"x\"}}", "{\"order\":[1,1]}", "{\"text\":\"\\udc00\"}",
        }.Select(Encoding.UTF8.GetBytes),
        Encoding.UTF8.GetBytes(new string('[', 100_000)),
    ];

    /// <summary>No process knows it, whichever encodings its libraries have registered.</summary>
    internal const string UnknownCharset = "application/json; charset=x-no-such-charset";

    [Fact]
    public async Task Body_OfAnyShape_IsNeverAnsweredAsAFailureOfTheLab()
    {
        var failed = new List<string>();
        foreach (var (method, path) in Addresses())
        {
            for (var body = 0; body < Bodies.Length; body++)
            {
                foreach (var type in body % 4 == 0 ? new[] { "application/json", "application/json; charset=gbk", UnknownCharset, "text/plain", "nonsense" } : ["application/json"])
                {
                    using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = new ByteArrayContent(Bodies[body]) };
                    request.Content.Headers.ContentType = MediaTypeHeaderValue.TryParse(type, out var parsed) ? parsed : null;
                    using var answer = await lab.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
                    if ((int)answer.StatusCode >= 500) failed.Add($"{method} {path} {type} {Encoding.UTF8.GetString(Bodies[body][..Math.Min(100, Bodies[body].Length)])}: {(int)answer.StatusCode}");
                }
            }
        }

        Assert.Empty(failed);
    }

    private IEnumerable<(string Method, string Path)> Addresses() =>
        from endpoint in lab.Lab.Get<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        let path = "/" + string.Join('/', endpoint.RoutePattern.PathSegments.Select(segment => string.Concat(segment.Parts.Select(part => part is Microsoft.AspNetCore.Routing.Patterns.RoutePatternLiteralPart literal ? literal.Content : "1"))))
        where ApiPaths.IsApi(path)
        from method in endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? []
        where method is "POST" or "PUT" or "PATCH"
        select (method, path);
}
