using System.Net;
using Microsoft.AspNetCore.Http;
using R1Lab.Web.Https;

namespace R1Lab.Web.Tests.Https;

public sealed class PlainHttpTests
{
    [Theory]
    [InlineData("http", "192.168.1.7", true)]
    [InlineData("http", "::ffff:192.168.1.7", true)]
    [InlineData("http", "fe80::1", true)]
    [InlineData("https", "192.168.1.7", false)]
    [InlineData("http", "127.0.0.1", false)]
    [InlineData("http", "127.8.8.8", false)]
    [InlineData("http", "::1", false)]
    [InlineData("http", "::ffff:127.0.0.1", false)]
    [InlineData("http", null, false)] // a socket file
    public void IsExposed_BySchemeAndSender_OnlyOverTheNetwork(string scheme, string? sender, bool expected)
    {
        var context = new DefaultHttpContext();
        context.Request.Scheme = scheme;
        context.Connection.RemoteIpAddress = sender is null ? null : IPAddress.Parse(sender);

        var exposed = PlainHttp.IsExposed(context);

        Assert.Equal(expected, exposed);
    }
}
