using R1Lab.Data.Models;
using R1Lab.Web.Serving.Remote;

namespace R1Lab.Web.Tests.Serving;

public sealed class EndpointSettingsTests
{
    private static readonly EndpointSettings Right = new() { Name = "remote", Address = "https://api.example.org/v1", Model = "m", Key = "sk-1" };

    [Theory]
    [InlineData("https://api.example.org", "https://api.example.org/v1")]
    [InlineData("https://api.example.org/", "https://api.example.org/v1")]
    [InlineData(" https://api.example.org/v1/ ", "https://api.example.org/v1")]
    [InlineData("https://api.example.org/v1/chat/completions", "https://api.example.org/v1")]
    [InlineData("https://open.example.cn/api/paas/v4", "https://open.example.cn/api/paas/v4")]
    [InlineData("http://10.0.0.7:8000", "http://10.0.0.7:8000/v1")]
    [InlineData("http://[::1]:8080/v1", "http://[::1]:8080/v1")]
    public void TryReadAddress_Spelling_IsOne(string given, string address)
    {
        Assert.True((Right with { Address = given }).TryReadAddress(out var read));

        Assert.Equal(address, read.AbsoluteUri);
    }

    [Theory]
    [InlineData("")]
    [InlineData("api.example.org")]
    [InlineData("ftp://api.example.org")]
    [InlineData("file:///etc/passwd")]
    [InlineData("https://")]
    [InlineData("https://user:pass@api.example.org/v1")]
    [InlineData("https://api.example.org/v1?key=1")]
    [InlineData("https://api.example.org/v1#a")]
    public void Problems_AddressThatIsNone_IsNamed(string address) =>
        Assert.Equal(["endpoint_address_invalid"], (Right with { Address = address }).Problems(hasKey: false).Select(problem => problem.Code));

    public static TheoryData<string, string> Wrong => new()
    {
        { "name", "endpoint_name_invalid" }, { "control", "endpoint_name_invalid" }, { "model", "endpoint_model_invalid" }, { "none", "endpoint_requests_invalid" },
        { "many", "endpoint_requests_invalid" }, { "line end", "endpoint_key_invalid" }, { "letters", "endpoint_key_invalid" }, { "http", "endpoint_key_unencrypted" },
    };

    [Theory, MemberData(nameof(Wrong))]
    public void Problems_OfOneField_IsNamed(string what, string code)
    {
        var settings = what switch
        {
            "name" => Right with { Name = " " },
            "control" => Right with { Name = "a\nb" },
            "model" => Right with { Model = new string('m', 201) },
            "none" => Right with { MostRequests = 0 },
            "many" => Right with { MostRequests = 1001 },
            "line end" => Right with { Key = "sk\r\nHost: evil" },
            "letters" => Right with { Key = "密钥" },
            _ => Right with { Address = "http://api.example.org/v1" },
        };

        Assert.Equal([code], settings.Problems(hasKey: false).Select(problem => problem.Code));
    }

    [Theory]
    [InlineData("http://api.example.org/v1", false, null, false, true)] // no key at all
    [InlineData("http://api.example.org/v1", true, null, false, false)] // the stored one
    [InlineData("http://api.example.org/v1", true, null, true, true)] // removed
    [InlineData("https://api.example.org/v1", true, "new", false, true)]
    public void Problems_KeyOverPlainHttp_StaysInThisNetwork(string address, bool hasKey, string? key, bool removes, bool isRight)
    {
        var settings = Right with { Address = address, Key = key, RemovesKey = removes };

        Assert.Equal(isRight, !settings.Problems(hasKey).Any());
        Assert.Empty((settings with { AllowsPrivate = true }).Problems(hasKey));
    }

    [Fact]
    public void Problems_StoredKeyForAnotherServer_IsRefusedBeforeItIsStored()
    {
        var present = new RemoteEndpoint { Name = "remote", Address = "https://api.example.org/v1", Model = "m", ProtectedKey = "p" };

        var moved = EndpointRegistry.Problems(Right with { Address = "https://evil.example/v1", Key = null }, present);
        var renamed = EndpointRegistry.Problems(Right with { Name = "other", Key = null }, present);

        Assert.Equal(("endpoint_key_elsewhere", 0), (Assert.Single(moved).Code, renamed.Count));
    }

    [Fact]
    public void Settings_InAText_NeverShowTheKey() => Assert.DoesNotContain("sk-1", Right.ToString(), StringComparison.Ordinal);
}
