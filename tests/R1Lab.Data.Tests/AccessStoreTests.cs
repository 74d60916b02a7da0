using R1Lab.Data.Access;
using R1Lab.Tests.Shared;

namespace R1Lab.Data.Tests;

public sealed class AccessStoreTests
{
    [Fact]
    public async Task CreateKeyAsync_NewKey_IsFoundByItsSecretAndKeptAsAHashOnly()
    {
        await using var lab = await LabFixture.CreateAsync();

        var issued = await lab.Access.CreateKeyAsync(Actors.Lab, "laptop", [ApiScopes.Read, ApiScopes.Generate], "u1", cancellationToken: Cancel);
        var found = await lab.Access.FindKeyAsync(issued.Secret, Cancel);

        Assert.Matches("^r1l_[A-Za-z0-9_-]{43}$", issued.Secret);
        Assert.Equal((issued.Key.Id, lab.Time.GetUtcNow()), (found!.Key.Id, found.Key.LastUsedAt!.Value));
        Assert.Equal((true, true, false), (found.Key.HasScope("read"), found.Key.HasScope("generate"), found.Key.HasScope("write")));
        Assert.DoesNotContain(issued.Secret, await File.ReadAllTextAsync(lab.Path + "-wal", Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task FindKeyAsync_RevokedExpiredOrUnknown_FindsNothing()
    {
        await using var lab = await LabFixture.CreateAsync();
        var revoked = await lab.Access.CreateKeyAsync(Actors.Lab, "a", [ApiScopes.All], null, cancellationToken: Cancel);
        var expiring = await lab.Access.CreateKeyAsync(Actors.Lab, "b", [ApiScopes.All], null, lab.Time.GetUtcNow().AddHours(1), Cancel);
        await lab.Access.RevokeKeyAsync(Actors.Lab, revoked.Key.Id, cancellationToken: Cancel);
        lab.Time.Advance(TimeSpan.FromHours(2));

        UsedKey?[] found =
        [
            await lab.Access.FindKeyAsync(revoked.Secret, Cancel), await lab.Access.FindKeyAsync(expiring.Secret, Cancel),
            await lab.Access.FindKeyAsync("r1l_" + new string('A', 43), Cancel),
        ];

        Assert.Equal([null, null, null], found);
    }

    [Fact]
    public async Task CreateFirstAdminAsync_AHundredAtOnce_OneWins()
    {
        await using var lab = await LabFixture.CreateAsync();
        var setup = (await lab.Access.IssueSetupTokenAsync(Actors.Lab, Cancel))!;

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 100).Select(number => Task.Run(
            () => lab.Access.CreateFirstAdminAsync(Actors.Lab, setup, new LabUser { UserName = $"admin{number}", PasswordHash = "x" }, Cancel), Cancel)));

        Assert.Equal(1, outcomes.Count(outcome => outcome == FirstAdminOutcome.Created));
        Assert.Equal(99, outcomes.Count(outcome => outcome == FirstAdminOutcome.AlreadySetUp));
        var user = Assert.Single(await lab.Users.ListAsync(Cancel));
        Assert.Equal(LabRoles.Admin, user.Role);
        Assert.Null(await lab.Access.IssueSetupTokenAsync(Actors.Lab, Cancel));
    }

    [Fact]
    public async Task CreateFirstAdminAsync_WrongOrReplacedToken_CreatesNobody()
    {
        await using var lab = await LabFixture.CreateAsync();
        var replaced = (await lab.Access.IssueSetupTokenAsync(Actors.Lab, Cancel))!;
        var current = (await lab.Access.IssueSetupTokenAsync(Actors.Lab, Cancel))!;

        var outcome = await lab.Access.CreateFirstAdminAsync(Actors.Lab, replaced, new LabUser { UserName = "a" }, Cancel);

        Assert.Equal(FirstAdminOutcome.WrongToken, outcome);
        Assert.Empty(await lab.Users.ListAsync(Cancel));
        Assert.Equal((false, true), (await lab.Access.IsSetupTokenAsync(replaced, Cancel), await lab.Access.IsSetupTokenAsync(current, Cancel)));
    }

    [Fact]
    public async Task SetRoleAndDisabled_LastAdmin_IsRefusedUntilThereIsAnother()
    {
        await using var lab = await LabFixture.CreateAsync();
        var first = new LabUser { UserName = "first" };
        await lab.Access.CreateFirstAdminAsync(Actors.Lab, (await lab.Access.IssueSetupTokenAsync(Actors.Lab, Cancel))!, first, Cancel);
        var second = new LabUser { UserName = "second" };
        await lab.Writes.RunAsync(
            (context, token) =>
            {
                context.Add(second);
                return context.SaveChangesAsync(token);
            },
            Cancel);

        await Assert.ThrowsAsync<RecordConflictException>(() => lab.Users.SetRoleAsync(Actors.Lab, first.Id, LabRoles.Rater, Cancel));
        await Assert.ThrowsAsync<RecordConflictException>(() => lab.Users.SetDisabledAsync(Actors.Lab, first.Id, true, Cancel));
        await lab.Users.SetRoleAsync(Actors.Lab, second.Id, LabRoles.Admin, Cancel);
        await lab.Users.SetDisabledAsync(Actors.Lab, first.Id, true, Cancel);

        var users = await lab.Users.ListAsync(Cancel);
        Assert.Equal([("first", "Admin", true), ("second", "Admin", false)], users.Select(user => (user.UserName, user.Role!, user.Disabled)));
        await using var context = lab.Open();
        Assert.NotEqual(first.SecurityStamp, context.Users.Single(user => user.Id == first.Id).SecurityStamp);
    }

    [Fact]
    public async Task AuditStore_ManyEntries_PagesNewestFirstByAction()
    {
        await using var lab = await LabFixture.CreateAsync();
        foreach (var action in new[] { "run.start", "key.create", "run.stop" })
            await lab.Audit.RecordAsync(Actors.User("li"), action, cancellationToken: Cancel);

        var page = await lab.Audit.PageAsync(0, 1, "run.", Cancel);

        Assert.Equal(2, page.Total);
        Assert.Equal(("run.stop", "li", lab.Time.GetUtcNow()), (page.Entries[0].Action, page.Entries[0].ActorName!, page.Entries[0].At));
    }

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;
}
