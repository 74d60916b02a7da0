using System.Net;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Components.Endpoints;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using R1Lab.Data.Access;
using R1Lab.Web.Access;
using R1Lab.Web.Https;

namespace R1Lab.Web.Tests.Access;

/// <summary>Who may open what: every page against every role, and nothing open to strangers but what stands here.</summary>
public sealed class RightsTests(LabHost lab) : IClassFixture<LabHost>
{
    private static readonly string[] OpenToAll =
    [
        "/health/", "/health/live", "/health/ready", "/openapi/{documentName}.json",
        AccountPaths.SignIn, AccountPaths.Denied, AccountPaths.Language, AccountPaths.SetUp, "/error", CertificatePaths.Trust, CertificatePaths.Authority,
    ];

    [Fact]
    public void Endpoints_OpenToStrangers_AreOnlyTheListedOnes()
    {
        var open = Endpoints().Where(IsOpen).Where(endpoint => !IsFile(endpoint)).Select(Address).Distinct();

        Assert.Equal(OpenToAll.Order(), open.Order());
    }

    [Theory]
    [InlineData(LabRoles.Admin)]
    [InlineData(LabRoles.Trainer)]
    [InlineData(LabRoles.Rater)]
    [InlineData(LabRoles.Viewer)]
    public async Task Pages_OpenedByARole_FollowTheirPolicy(string role)
    {
        var browser = await lab.SignedInAsync(role);
        var pages = Endpoints().Where(endpoint => IsPage(endpoint) && !IsOpen(endpoint) && !Address(endpoint).Contains('{', StringComparison.Ordinal)).ToList();

        var wrong = new List<string>();
        foreach (var page in pages)
        {
            var answer = await browser.GetAsync(new Uri(Address(page), UriKind.Relative), TestContext.Current.CancellationToken);
            var expected = MayOpen(page, role) ? HttpStatusCode.OK : HttpStatusCode.Redirect;
            if (Address(page) != "/not-found" && answer.StatusCode != expected) wrong.Add($"{Address(page)}: {answer.StatusCode}, not {expected}");
        }

        Assert.True(pages.Count > 3);
        Assert.Empty(wrong);
    }

    [Fact]
    public async Task Pages_OpenedByAStranger_LeadToTheSignIn()
    {
        var browser = lab.Browser();
        var pages = Endpoints().Where(endpoint => IsPage(endpoint) && !IsOpen(endpoint)).Select(Address).Select(address => address.Replace("{", "1", StringComparison.Ordinal).Split(':')[0].Replace("}", "", StringComparison.Ordinal)).Distinct();

        var elsewhere = new List<string>();
        foreach (var page in pages)
        {
            var answer = await browser.GetAsync(new Uri(page, UriKind.Relative), TestContext.Current.CancellationToken);
            if (answer.Headers.Location?.AbsolutePath != AccountPaths.SignIn) elsewhere.Add($"{page}: {answer.StatusCode} {answer.Headers.Location}");
        }

        Assert.Empty(elsewhere);
    }

    private static bool IsOpen(RouteEndpoint endpoint) => endpoint.Metadata.GetMetadata<IAllowAnonymous>() is not null;

    private static bool IsPage(RouteEndpoint endpoint) => endpoint.Metadata.GetMetadata<ComponentTypeMetadata>() is not null;

    private static bool IsFile(RouteEndpoint endpoint) => endpoint.Metadata.Any(item => item.GetType().Name == "StaticAssetDescriptor");

    private static string Address(RouteEndpoint endpoint) => "/" + endpoint.RoutePattern.RawText!.TrimStart('/');

    private static bool MayOpen(RouteEndpoint endpoint, string role) => endpoint.Metadata.GetOrderedMetadata<IAuthorizeData>()
        .Select(rule => rule.Policy).OfType<string>().All(policy => LabPolicies.Roles[policy].Contains(role));

    private List<RouteEndpoint> Endpoints()
    {
        lab.CreateClient().Dispose(); // starts the program
        return [.. lab.Get<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().Where(endpoint => !Address(endpoint).StartsWith("/_", StringComparison.Ordinal))];
    }
}
