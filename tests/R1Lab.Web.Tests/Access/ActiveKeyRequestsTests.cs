using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using R1Lab.Web.Access;

namespace R1Lab.Web.Tests.Access;

public sealed class ActiveKeyRequestsTests
{
    [Fact]
    public void Abort_OfAKey_EndsItsRequestsAndNoOthers()
    {
        var active = new ActiveKeyRequests();
        var (revoked, other) = (Running(), Running());
        active.Add(revoked, 1);
        active.Add(other, 2);

        active.Abort(1);

        Assert.Equal((true, false), (revoked.RequestAborted.IsCancellationRequested, other.RequestAborted.IsCancellationRequested));
    }

    private static DefaultHttpContext Running()
    {
        var context = new DefaultHttpContext();
        context.Features.Set<IHttpRequestLifetimeFeature>(new Connection());
        return context;
    }

    private sealed class Connection : IHttpRequestLifetimeFeature
    {
        private readonly CancellationTokenSource _ended = new();

        public Connection() => RequestAborted = _ended.Token;

        public CancellationToken RequestAborted { get; set; }

        public void Abort() => _ended.Cancel();
    }
}
