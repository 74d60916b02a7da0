using System.Globalization;
using System.Security.Claims;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using R1Lab.Data.Access;
using R1Lab.Tests.Shared;
using R1Lab.Web.Access;

namespace R1Lab.Web.Tests.Access;

public sealed class ActiveRequestsTests(LabHost lab) : IClassFixture<LabHost>
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Abort_OfAKey_EndsItsRequestsAndNoOthers()
    {
        var (first, second) = (await KeyAsync(null), await KeyAsync(null));
        var (revoked, other) = (Running(first, LabRoles.Admin), Running(second, LabRoles.Admin));

        lab.Get<ActiveRequests>().Abort(first);

        Assert.Equal((true, false), (revoked.RequestAborted.IsCancellationRequested, other.RequestAborted.IsCancellationRequested));
    }

    [Theory]
    [InlineData("nothing", false)]
    [InlineData("disabled", true)]
    [InlineData("demoted", true)]
    [InlineData("promoted", false)]
    [InlineData("revoked", true)]
    public async Task Check_AfterTheOwnerChanged_EndsWhatItMayNotDoAnyMore(string change, bool ends)
    {
        var owner = new LabUser { UserName = $"owner {change}" };
        await lab.Get<UserStore>().CreateAsync(Actors.Lab, owner, LabRoles.Trainer, Cancel);
        var key = await KeyAsync(owner.Id);
        var stream = Running(key, LabRoles.Trainer);

        if (change == "disabled") await lab.Get<UserStore>().SetDisabledAsync(Actors.Lab, owner.Id, true, Cancel);
        if (change == "demoted") await lab.Get<UserStore>().SetRoleAsync(Actors.Lab, owner.Id, LabRoles.Rater, Cancel);
        if (change == "promoted") await lab.Get<UserStore>().SetRoleAsync(Actors.Lab, owner.Id, LabRoles.Admin, Cancel);
        if (change == "revoked") await lab.Get<AccessStore>().RevokeKeyAsync(Actors.Lab, key, Cancel);
        await lab.Get<ActiveRequests>().CheckAsync(Cancel);

        Assert.Equal(ends, stream.RequestAborted.IsCancellationRequested);
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(7, false)]
    public async Task Check_AfterARotation_EndsTheOldSecretOnlyWithoutOverlap(int overlapDays, bool ends)
    {
        var issued = await lab.Get<AccessStore>().CreateKeyAsync(Actors.Lab, "key", [ApiScopes.All], null, cancellationToken: Cancel);
        var old = Running(issued.Key.Id, LabRoles.Admin, issued.Key.Sha256);
        var rotated = await lab.Get<AccessStore>().RotateKeyAsync(Actors.Lab, issued.Key, TimeSpan.FromDays(overlapDays), null, Cancel);
        var present = Running(issued.Key.Id, LabRoles.Admin, rotated.Key.Sha256);

        await lab.Get<ActiveRequests>().CheckAsync(Cancel);
        var afterRotation = (old.RequestAborted.IsCancellationRequested, present.RequestAborted.IsCancellationRequested);
        await lab.Get<AccessStore>().RevokeKeyAsync(Actors.Lab, issued.Key.Id, Cancel);
        await lab.Get<ActiveRequests>().CheckAsync(Cancel);

        Assert.Equal((ends, false), afterRotation);
        Assert.Equal((true, true), (old.RequestAborted.IsCancellationRequested, present.RequestAborted.IsCancellationRequested));
    }

    [Fact]
    public void Interval_OfTheChecks_IsShortEnoughToEndAStreamInFiveSeconds() => Assert.True(ActiveRequests.Interval <= TimeSpan.FromSeconds(4));

    private async Task<int> KeyAsync(string? owner) =>
        (await lab.Get<AccessStore>().CreateKeyAsync(Actors.Lab, "key", [ApiScopes.All], owner, cancellationToken: Cancel)).Key.Id;

    private DefaultHttpContext Running(int key, string role, string? secret = null)
    {
        Claim[] shown = secret is null ? [] : [new(Visitor.SecretClaim, secret)];
        Claim[] claims = [new(Visitor.KeyClaim, key.ToString(CultureInfo.InvariantCulture)), new(ClaimTypes.Role, role), .. shown];
        var context = new DefaultHttpContext { User = new ClaimsPrincipal(new ClaimsIdentity(claims, "test")) };
        context.Features.Set<IHttpRequestLifetimeFeature>(new Connection());
        lab.Get<ActiveRequests>().Add(context);
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
