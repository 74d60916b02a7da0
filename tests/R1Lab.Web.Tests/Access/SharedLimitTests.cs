using System.Net;
using System.Security.Claims;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.AspNetCore.SignalR;
using R1Lab.Web.Access;
using R1Lab.Web.Options;
using R1Lab.Web.Tests.Durability;

namespace R1Lab.Web.Tests.Access;

/// <summary>Limits on what one user holds at the same time: open pages, and files sent in one request.</summary>
public sealed class SharedLimitTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public void Pages_OfOneUser_AreLimitedTogetherAndFreedWhenOneCloses()
    {
        var options = new RateLimiterOptions();
        RateLimits.Configure(options, new LabOptions { Connections = { PagesPerUser = 2 } });
        var limiter = options.GlobalLimiter!;

        using var first = limiter.AttemptAcquire(PageOf("li", "10.0.0.1"));
        var second = limiter.AttemptAcquire(PageOf("li", "10.0.0.2"));
        using var refused = limiter.AttemptAcquire(PageOf("li", "10.0.0.3"));
        using var other = limiter.AttemptAcquire(PageOf("wang", "10.0.0.1"));
        second.Dispose();
        using var again = limiter.AttemptAcquire(PageOf("li", "10.0.0.3"));

        Assert.Equal((true, false, true, true), (first.IsAcquired, refused.IsAcquired, other.IsAcquired, again.IsAcquired));
    }

    [Fact]
    public async Task Imports_OfOneKeyAtOnce_AreLimitedAndFreedWhenOneEnds()
    {
        // The in-process test server takes a body before it runs the request.
        using var folder = new TemporaryFolder();
        await using var lab = await StartedLab.StartAsync(folder.Path);
        var client = lab.Client;
        var end = new TaskCompletionSource();
        var running = Enumerable.Range(0, 4).Select(_ => ImportAsync(client, new HeldContent(end.Task))).ToList();
        // A request is let in some time after its first bytes were sent; from then on its file stands in the folder.
        var uploads = Path.Combine(folder.Path, "uploads");
        while (!Directory.Exists(uploads) || Directory.GetFiles(uploads).Length < running.Count) await Task.Delay(20, Cancel);

        using var refused = await ImportAsync(client, new StringContent("{}"));
        end.SetResult();
        var answers = await Task.WhenAll(running);
        using var again = await ImportAsync(client, new StringContent("""{"prompt":"1+1?","response":"2"}"""));

        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.All(answers, answer => Assert.NotEqual(HttpStatusCode.TooManyRequests, answer.StatusCode));
        Assert.NotEqual(HttpStatusCode.TooManyRequests, again.StatusCode);
    }

    private static Task<HttpResponseMessage> ImportAsync(HttpClient client, HttpContent content) =>
        client.PostAsync(new Uri("/api/v1/datasets?name=limits", UriKind.Relative), content, Cancel);

    private static DefaultHttpContext PageOf(string user, string address)
    {
        var identity = new ClaimsIdentity([new Claim(ClaimTypes.NameIdentifier, user)], "test");
        var context = new DefaultHttpContext { User = new ClaimsPrincipal(identity) };
        context.Connection.RemoteIpAddress = IPAddress.Parse(address);
        context.SetEndpoint(new Endpoint(null, new EndpointMetadataCollection(new HubMetadata(typeof(Hub))), "hub"));
        return context;
    }

    /// <summary>A body whose end is held back; its first bytes are taken, so the request has been let in.</summary>
    private sealed class HeldContent(Task end) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context)
        {
            await stream.WriteAsync("{"u8.ToArray(), Cancel);
            await stream.FlushAsync(Cancel);
            await end;
        }

        protected override bool TryComputeLength(out long length)
        {
            length = 0;
            return false;
        }
    }
}
