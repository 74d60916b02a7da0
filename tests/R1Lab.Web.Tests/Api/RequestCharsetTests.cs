using System.Net;
using System.Net.Http.Headers;
using R1Lab.Web.Tests.Models;

namespace R1Lab.Web.Tests.Api;

public sealed class RequestCharsetTests(ModelLab lab) : IClassFixture<ModelLab>
{
    [Theory]
    [InlineData(RequestShapeTests.UnknownCharset, HttpStatusCode.UnsupportedMediaType)]
    [InlineData("application/json; charset=utf-8", HttpStatusCode.BadRequest)]
    public async Task Body_InAnUnknownCharset_IsRefusedAsTheClientsMistake(string type, HttpStatusCode expected)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions") { Content = new ByteArrayContent("{}"u8.ToArray()) };
        request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);

        using var answer = await lab.Client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(expected, answer.StatusCode);
    }
}
