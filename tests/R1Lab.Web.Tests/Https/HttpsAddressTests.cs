using R1Lab.Web.Https;

namespace R1Lab.Web.Tests.Https;

public sealed class HttpsAddressTests
{
    [Theory]
    [InlineData("http://0.0.0.0:80;https://0.0.0.0:443", 443)]
    [InlineData("http://127.0.0.1:80;https://127.0.0.1:5443", 5443)]
    [InlineData("https://127.0.0.1:1;https://[::]:2;http://*:3", 2)] // the port that others reach
    [InlineData("http://0.0.0.0:80", null)]
    [InlineData("http://127.0.0.1:5199;https://0.0.0.0:443", null)] // plain HTTP for programs on this machine
    [InlineData("http://localhost:5199;http://192.168.1.2:80;https://0.0.0.0:443", 443)]
    public void Port_OfListenAddresses_IsWherePlainHttpIsSentTo(string addresses, int? expected)
    {
        var port = HttpsAddress.Port(addresses.Split(';'));

        Assert.Equal(expected, port);
    }
}
