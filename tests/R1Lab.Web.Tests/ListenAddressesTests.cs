using Microsoft.Extensions.Configuration;
using R1Lab.Web.Options;

namespace R1Lab.Web.Tests;

public sealed class ListenAddressesTests
{
    [Theory]
    [InlineData(null, null, "http://127.0.0.1:5199")]
    [InlineData("http://0.0.0.0:8080; http://localhost:81", null, "http://0.0.0.0:8080|http://localhost:81")]
    [InlineData(null, "8080;8081", "http://*:8080|http://*:8081")]
    public void Wanted_FromConfiguration_PrefersTheUsualNames(string? urls, string? ports, string expected)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["urls"] = urls, ["http_ports"] = ports }).Build();

        var wanted = ListenAddresses.Wanted(configuration, new LabOptions());

        Assert.Equal(expected.Split('|'), wanted);
    }

    [Theory]
    [InlineData("0.0.0.0:5199", "https://0.0.0.0:5199")]
    [InlineData("192.168.1.9:5199", "https://192.168.1.9:5199")]
    [InlineData("lab.example:443", "https://lab.example:443")]
    [InlineData("127.0.0.1:5199;[::1]:5199; localhost:81", "http://127.0.0.1:5199|http://[::1]:5199|http://localhost:81")]
    [InlineData("http://0.0.0.0:5199", "http://0.0.0.0:5199")]
    public void Wanted_ListenWithoutScheme_IsHttpsBeyondThisMachine(string listen, string expected)
    {
        var options = new LabOptions { Listen = listen };

        var wanted = ListenAddresses.Wanted(new ConfigurationBuilder().Build(), options);

        Assert.Equal(expected.Split('|'), wanted);
        Assert.True(new LabOptionsValidator().Validate(null, options).Succeeded);
    }

    [Fact]
    public void Wanted_HttpsPorts_AreServedToo()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?> { ["http_ports"] = "80", ["https_ports"] = "443;8443" }).Build();

        var wanted = ListenAddresses.Wanted(configuration, new LabOptions());

        Assert.Equal(["http://*:80", "https://*:443", "https://*:8443"], wanted);
    }

    [Theory]
    [InlineData("http://0.0.0.0:8080", "http://127.0.0.1:8080")]
    [InlineData("http://*:8080", "http://127.0.0.1:8080")]
    [InlineData("http://+:80", "http://127.0.0.1:80")]
    [InlineData("https://192.168.1.9:443", "https://127.0.0.1:443")]
    [InlineData("http://lab.example:5199", "http://127.0.0.1:5199")]
    [InlineData("http://127.0.0.1:5199", "http://127.0.0.1:5199")]
    [InlineData("http://localhost:5199", "http://localhost:5199")]
    [InlineData("http://[::1]:5199", "http://[::1]:5199")]
    public void OnThisMachine_OfAnyAddress_IsLoopback(string address, string expected)
    {
        var here = ListenAddresses.OnThisMachine([address]);

        Assert.Equal([expected], here);
    }

    [Theory]
    [InlineData("", "5199", "Lab:DataFolder must name a folder.")]
    [InlineData("data", "not an address", "Lab:Listen holds 'not an address', which is no address like http://127.0.0.1:5199.")]
    public void Validate_BadSettings_NamesTheKey(string folder, string listen, string expected)
    {
        var options = new LabOptions { DataFolder = folder, Listen = listen == "5199" ? "http://127.0.0.1:5199" : listen };

        var result = new LabOptionsValidator().Validate(null, options);

        Assert.Equal([expected], result.Failures ?? []);
    }
}
