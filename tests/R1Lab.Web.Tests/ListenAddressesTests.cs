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
