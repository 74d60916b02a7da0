using R1Lab.Data.Access;
using R1Lab.Tests.Shared;

namespace R1Lab.Data.Tests;

/// <summary>Keys that end, and secrets that are replaced while the old one keeps working for a while.</summary>
public sealed class KeyRotationTests
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(1);

    [Theory]
    [InlineData(-1, true)]
    [InlineData(0, false)]
    [InlineData(1, false)]
    public async Task FindKeyAsync_AroundTheEnd_WorksUntilJustBefore(int milliseconds, bool works)
    {
        await using var lab = await LabFixture.CreateAsync();
        var end = lab.Time.GetUtcNow().AddDays(30);
        var issued = await lab.Access.CreateKeyAsync(Actors.Lab, "a", [ApiScopes.All], null, end, Cancel);
        lab.Time.SetUtcNow(end.AddMilliseconds(milliseconds));

        var found = await lab.Access.FindKeyAsync(issued.Secret, Cancel);

        Assert.Equal(works, found is not null);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    public async Task RotateKeyAsync_WithOverlap_BothSecretsWorkUntilItEnds(int days)
    {
        await using var lab = await LabFixture.CreateAsync();
        var first = await lab.Access.CreateKeyAsync(Actors.Lab, "a", [ApiScopes.Read], "u1", cancellationToken: Cancel);
        var end = lab.Time.GetUtcNow().AddDays(days);

        var second = await lab.Access.RotateKeyAsync(Actors.Lab, first.Key, TimeSpan.FromDays(days), null, Cancel);

        lab.Time.SetUtcNow(end - Tick);
        var before = (await lab.Access.FindKeyAsync(first.Secret, Cancel), await lab.Access.FindKeyAsync(second.Secret, Cancel));
        lab.Time.SetUtcNow(end);
        var after = (await lab.Access.FindKeyAsync(first.Secret, Cancel), await lab.Access.FindKeyAsync(second.Secret, Cancel));
        Assert.Equal((first.Key.Id, first.Key.Id), (before.Item1!.Key.Id, before.Item2!.Key.Id));
        Assert.Equal((true, first.Key.Id), (after.Item1 is null, after.Item2!.Key.Id));
        Assert.Equal(("a", ApiScopes.Read, "u1"), (after.Item2.Key.Name, after.Item2.Key.Scopes, after.Item2.Key.OwnerId));
    }

    [Fact]
    public async Task RotateKeyAsync_WithoutOverlap_EndsTheOldSecretAtOnce()
    {
        await using var lab = await LabFixture.CreateAsync();
        var first = await lab.Access.CreateKeyAsync(Actors.Lab, "a", [ApiScopes.All], null, cancellationToken: Cancel);

        var second = await lab.Access.RotateKeyAsync(Actors.Lab, first.Key, TimeSpan.Zero, null, Cancel);

        Assert.Null(await lab.Access.FindKeyAsync(first.Secret, Cancel));
        Assert.NotNull(await lab.Access.FindKeyAsync(second.Secret, Cancel));
        Assert.Empty(second.Key.Earlier);
    }

    [Fact]
    public async Task RotateKeyAsync_OverlapBeyondTheOldEnd_EndsWithTheOldEnd()
    {
        await using var lab = await LabFixture.CreateAsync();
        var oldEnd = lab.Time.GetUtcNow().AddDays(2);
        var first = await lab.Access.CreateKeyAsync(Actors.Lab, "a", [ApiScopes.All], null, oldEnd, Cancel);

        var second = await lab.Access.RotateKeyAsync(Actors.Lab, first.Key, TimeSpan.FromDays(7), lab.Time.GetUtcNow().AddDays(90), Cancel);

        Assert.Equal(oldEnd, Assert.Single(second.Key.Earlier).EndsAt);
        lab.Time.SetUtcNow(oldEnd);
        Assert.Null(await lab.Access.FindKeyAsync(first.Secret, Cancel));
        Assert.NotNull(await lab.Access.FindKeyAsync(second.Secret, Cancel));
    }

    [Fact]
    public async Task RotateKeyAsync_ExpiredKey_WorksAgainWithTheNewSecretOnly()
    {
        await using var lab = await LabFixture.CreateAsync();
        var first = await lab.Access.CreateKeyAsync(Actors.Lab, "a", [ApiScopes.All], null, lab.Time.GetUtcNow().AddDays(1), Cancel);
        lab.Time.Advance(TimeSpan.FromDays(3));

        var second = await lab.Access.RotateKeyAsync(Actors.Lab, first.Key, TimeSpan.FromDays(7), lab.Time.GetUtcNow().AddDays(30), Cancel);

        Assert.Equal((true, false), (await lab.Access.FindKeyAsync(first.Secret, Cancel) is null, await lab.Access.FindKeyAsync(second.Secret, Cancel) is null));
    }

    [Fact]
    public async Task RotateKeyAsync_TwiceWithinTheOverlap_EachSecretKeepsItsOwnEnd()
    {
        await using var lab = await LabFixture.CreateAsync();
        var first = await lab.Access.CreateKeyAsync(Actors.Lab, "a", [ApiScopes.All], null, cancellationToken: Cancel);
        var second = await lab.Access.RotateKeyAsync(Actors.Lab, first.Key, TimeSpan.FromDays(7), null, Cancel);
        lab.Time.Advance(TimeSpan.FromDays(1));

        var third = await lab.Access.RotateKeyAsync(Actors.Lab, second.Key, TimeSpan.FromDays(1), null, Cancel);

        lab.Time.Advance(TimeSpan.FromDays(2));
        string[] secrets = [first.Secret, second.Secret, third.Secret];
        var working = new List<bool>();
        foreach (var secret in secrets) working.Add(await lab.Access.FindKeyAsync(secret, Cancel) is not null);
        Assert.Equal([true, false, true], working);
    }

    [Fact]
    public async Task RevokeKeyAsync_RotatedKey_EndsEverySecret()
    {
        await using var lab = await LabFixture.CreateAsync();
        var first = await lab.Access.CreateKeyAsync(Actors.Lab, "a", [ApiScopes.All], null, cancellationToken: Cancel);
        var second = await lab.Access.RotateKeyAsync(Actors.Lab, first.Key, TimeSpan.FromDays(7), null, Cancel);

        await lab.Access.RevokeKeyAsync(Actors.Lab, first.Key.Id, Cancel);

        Assert.Equal((null, null), (await lab.Access.FindKeyAsync(first.Secret, Cancel), await lab.Access.FindKeyAsync(second.Secret, Cancel)));
    }

    [Fact]
    public async Task RotateKeyAsync_RevokedRotatedOrUnknownKey_IsRefused()
    {
        await using var lab = await LabFixture.CreateAsync();
        var revoked = await lab.Access.CreateKeyAsync(Actors.Lab, "a", [ApiScopes.All], null, cancellationToken: Cancel);
        await lab.Access.RevokeKeyAsync(Actors.Lab, revoked.Key.Id, Cancel);
        var rotated = await lab.Access.CreateKeyAsync(Actors.Lab, "b", [ApiScopes.All], null, cancellationToken: Cancel);
        var newest = await lab.Access.RotateKeyAsync(Actors.Lab, rotated.Key, TimeSpan.FromDays(1), null, Cancel);

        await Assert.ThrowsAsync<RecordConflictException>(() => lab.Access.RotateKeyAsync(Actors.Lab, revoked.Key, TimeSpan.Zero, null, Cancel));
        await Assert.ThrowsAsync<RecordConflictException>(() => lab.Access.RotateKeyAsync(Actors.Lab, rotated.Key, TimeSpan.Zero, null, Cancel));
        await Assert.ThrowsAsync<RecordNotFoundException>(() =>
            lab.Access.RotateKeyAsync(Actors.Lab, new ApiKey { Id = 99, Name = "x", Prefix = "x", Sha256 = "x", Scopes = "*" }, TimeSpan.Zero, null, Cancel));

        Assert.NotNull(await lab.Access.FindKeyAsync(newest.Secret, Cancel));
    }

    [Fact]
    public async Task RotateKeyAsync_ManyAtOnce_OneWinsAndItsSecretWorks()
    {
        await using var lab = await LabFixture.CreateAsync();
        var issued = await lab.Access.CreateKeyAsync(Actors.Lab, "a", [ApiScopes.All], null, cancellationToken: Cancel);

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 40).Select(_ => Task.Run(async () =>
        {
            try
            {
                return await lab.Access.RotateKeyAsync(Actors.Lab, issued.Key, TimeSpan.Zero, null, Cancel);
            }
            catch (RecordConflictException)
            {
                return null;
            }
        }, Cancel)));

        var winner = Assert.Single(outcomes.OfType<IssuedApiKey>());
        Assert.NotNull(await lab.Access.FindKeyAsync(winner.Secret, Cancel));
    }

    [Fact]
    public async Task RotateKeyAsync_WhileTheKeyIsUsed_NeverRefusesASecretInItsOverlap()
    {
        await using var lab = await LabFixture.CreateAsync();
        var first = await lab.Access.CreateKeyAsync(Actors.Lab, "a", [ApiScopes.All], null, cancellationToken: Cancel);
        var uses = Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            var missed = 0;
            for (var call = 0; call < 50; call++) missed += await lab.Access.FindKeyAsync(first.Secret, Cancel) is null ? 1 : 0;
            return missed;
        }, Cancel)));

        await lab.Access.RotateKeyAsync(Actors.Lab, first.Key, TimeSpan.FromDays(1), null, Cancel);

        var missed = await uses;
        Assert.Equal([0, 0, 0, 0], missed);
    }

    [Fact]
    public async Task ListKeysAsync_RotatedKey_ShowsEachSecretWithItsOwnLastUse()
    {
        await using var lab = await LabFixture.CreateAsync();
        var first = await lab.Access.CreateKeyAsync(Actors.Lab, "a", [ApiScopes.All], null, cancellationToken: Cancel);
        var madeUse = lab.Time.GetUtcNow();
        await lab.Access.FindKeyAsync(first.Secret, Cancel);
        var second = await lab.Access.RotateKeyAsync(Actors.Lab, first.Key, TimeSpan.FromDays(7), null, Cancel);
        var unused = Assert.Single(await lab.Access.ListKeysAsync(cancellationToken: Cancel));
        lab.Time.Advance(TimeSpan.FromHours(1));
        await lab.Access.FindKeyAsync(first.Secret, Cancel);
        lab.Time.Advance(TimeSpan.FromHours(1));
        await lab.Access.FindKeyAsync(second.Secret, Cancel);

        var key = Assert.Single(await lab.Access.ListKeysAsync(cancellationToken: Cancel));

        Assert.Equal((null, madeUse), (unused.LastUsedAt, unused.Earlier.Single().LastUsedAt!.Value));
        Assert.Equal((second.Secret[..10], madeUse.AddHours(2)), (key.Prefix, key.LastUsedAt!.Value));
        Assert.Equal((first.Secret[..10], madeUse.AddHours(1)), (key.Earlier.Single().Prefix, key.Earlier.Single().LastUsedAt!.Value));
    }

    [Fact]
    public async Task FindKeyAsync_OfARunningRequest_EndsWithTheSecretItShowed()
    {
        await using var lab = await LabFixture.CreateAsync();
        var first = await lab.Access.CreateKeyAsync(Actors.Lab, "a", [ApiScopes.All], null, cancellationToken: Cancel);
        var (id, old) = (first.Key.Id, first.Key.Sha256);
        var end = lab.Time.GetUtcNow().AddDays(1);
        var second = await lab.Access.RotateKeyAsync(Actors.Lab, first.Key, TimeSpan.FromDays(1), null, Cancel);

        lab.Time.SetUtcNow(end - Tick);
        var before = (await lab.Sessions.FindKeyAsync(id, old, Cancel), await lab.Sessions.FindKeyAsync(id, second.Key.Sha256, Cancel));
        lab.Time.SetUtcNow(end);
        var after = (await lab.Sessions.FindKeyAsync(id, old, Cancel), await lab.Sessions.FindKeyAsync(id, second.Key.Sha256, Cancel));

        Assert.Equal((true, true, false, true), (before.Item1 is not null, before.Item2 is not null, after.Item1 is not null, after.Item2 is not null));
        Assert.Null(await lab.Sessions.FindKeyAsync(id, "another", Cancel));
    }

    [Fact]
    public async Task RotateKeyAsync_Done_StaysInTheAuditWithItsOverlap()
    {
        await using var lab = await LabFixture.CreateAsync();
        var issued = await lab.Access.CreateKeyAsync(Actors.Lab, "a", [ApiScopes.All], null, cancellationToken: Cancel);

        await lab.Access.RotateKeyAsync(Actors.Admin, issued.Key, TimeSpan.FromDays(7), null, Cancel);

        var entry = Assert.Single((await lab.Audit.PageAsync(0, 10, AuditActions.KeyRotate, Cancel)).Entries);
        Assert.Equal(("admin", $"key {issued.Key.Id} a", "overlap 7 d"), (entry.ActorName, entry.Subject, entry.Detail));
    }

    [Theory]
    [InlineData(null, KeyState.Live)]
    [InlineData(14 * 24 * 60 + 1, KeyState.Live)]
    [InlineData(14 * 24 * 60, KeyState.Expiring)]
    [InlineData(1, KeyState.Expiring)]
    [InlineData(0, KeyState.Expired)]
    [InlineData(-1, KeyState.Expired)]
    public void StateAt_ByMinutesToTheEnd_SaysWhetherItEndsSoon(int? minutes, KeyState expected)
    {
        var now = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
        var key = new ApiKey { Name = "a", Prefix = "a", Sha256 = "a", Scopes = "*", ExpiresAt = minutes is { } left ? now.AddMinutes(left) : null };

        var state = key.StateAt(now);

        Assert.Equal(expected, state);
        key.RevokedAt = now;
        Assert.Equal(KeyState.Revoked, key.StateAt(now));
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;
}
