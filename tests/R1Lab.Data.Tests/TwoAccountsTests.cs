using R1Lab.Data.Access;
using R1Lab.Tests.Shared;

namespace R1Lab.Data.Tests;

/// <summary>Several accounts, keys and audit entries beside each other: which of them count.</summary>
public sealed class TwoAccountsTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(LabRoles.Trainer)]
    [InlineData(LabRoles.Rater)]
    [InlineData(LabRoles.Viewer)]
    public async Task LastAdmin_OthersAreDisabledOrOfAnotherRole_IsRefused(string role)
    {
        await using var lab = await LabFixture.CreateAsync();
        var (first, second) = (await AddAsync(lab, "first", LabRoles.Admin), await AddAsync(lab, "second", LabRoles.Admin));
        await AddAsync(lab, "third", role);
        await lab.Users.SetDisabledAsync(Actors.Lab, second, true, Cancel);

        await Assert.ThrowsAsync<RecordConflictException>(() => lab.Users.SetRoleAsync(Actors.Lab, first, role, Cancel));
        await Assert.ThrowsAsync<RecordConflictException>(() => lab.Users.SetDisabledAsync(Actors.Lab, first, true, Cancel));
        // What leaves the lab with its admin is allowed: the same role again, and changes of the disabled one.
        await lab.Users.SetRoleAsync(Actors.Lab, first, LabRoles.Admin, Cancel);
        await lab.Users.SetRoleAsync(Actors.Lab, second, role, Cancel);
        await lab.Users.SetRoleAsync(Actors.Lab, second, LabRoles.Admin, Cancel);
        await lab.Users.SetDisabledAsync(Actors.Lab, second, false, Cancel);
        await lab.Users.SetRoleAsync(Actors.Lab, first, role, Cancel);

        Assert.Equal(
            [("first", role, false), ("second", LabRoles.Admin, false), ("third", role, false)],
            (await lab.Users.ListAsync(Cancel)).Select(user => (user.UserName, user.Role!, user.Disabled)));
    }

    [Fact]
    public async Task RevokeKeyAsync_OneOfTwo_LeavesTheOtherWorking()
    {
        await using var lab = await LabFixture.CreateAsync();
        var kept = await lab.Access.CreateKeyAsync(Actors.Lab, "kept", [ApiScopes.Read], "u1", cancellationToken: Cancel);
        var ended = await lab.Access.CreateKeyAsync(Actors.Lab, "ended", [ApiScopes.Read], "u1", cancellationToken: Cancel);

        Assert.True(await lab.Access.RevokeKeyAsync(Actors.Lab, ended.Key.Id, Cancel));
        Assert.False(await lab.Access.RevokeKeyAsync(Actors.Lab, ended.Key.Id, Cancel));

        Assert.Null(await lab.Access.FindKeyAsync(ended.Secret, Cancel));
        Assert.Equal(kept.Key.Id, (await lab.Access.FindKeyAsync(kept.Secret, Cancel))!.Key.Id);
    }

    [Theory]
    [InlineData(null, new[] { "runs.x", "run.stop", "key.create", "run.start" })]
    [InlineData("run.", new[] { "run.stop", "run.start" })]
    [InlineData("key.create", new[] { "key.create" })]
    [InlineData("stop", new string[0])]
    public async Task AuditPageAsync_BeginningOfAnAction_KeepsThoseEntriesOnly(string? action, string[] expected)
    {
        await using var lab = await LabFixture.CreateAsync();
        foreach (var done in new[] { "run.start", "key.create", "run.stop", "runs.x" })
            await lab.Audit.RecordAsync(Actors.User("li"), done, cancellationToken: Cancel);

        var page = await lab.Audit.PageAsync(0, 10, action, Cancel);

        Assert.Equal(expected, page.Entries.Select(entry => entry.Action));
        Assert.Equal(expected.Length, page.Total);
    }

    private static async Task<string> AddAsync(LabFixture lab, string name, string role)
    {
        var user = new LabUser { UserName = name };
        await lab.Users.CreateAsync(Actors.Lab, user, role, Cancel);
        return user.Id;
    }
}
