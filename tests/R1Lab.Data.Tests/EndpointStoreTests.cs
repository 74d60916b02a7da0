using R1Lab.Data.Access;
using R1Lab.Data.Models;
using R1Lab.Tests.Shared;

namespace R1Lab.Data.Tests;

public sealed class EndpointStoreTests
{
    private static readonly Actor Admin = Actors.User("boss", LabRoles.Admin);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task AddAsync_NewEndpoint_IsStoredWithItsOwnerAndUnchecked()
    {
        await using var lab = await LabFixture.CreateAsync();

        var added = await lab.Endpoints.AddAsync(Admin, Edit("remote"), Cancel);

        var stored = (await lab.Endpoints.FindAsync("remote", Cancel))!;
        Assert.Equal(
            (added.Id, "https://a.example/v1", "m", false, 4, 1, "boss", "protected", lab.Time.GetUtcNow(), null),
            (stored.Id, stored.Address, stored.Model, stored.AllowsPrivate, stored.MostRequests, stored.Version, stored.OwnerId, stored.ProtectedKey, stored.CreatedAt, stored.CheckedAt));
    }

    [Fact]
    public async Task UpdateAsync_OfAnEarlierVersion_ChangesNothing()
    {
        await using var lab = await LabFixture.CreateAsync();
        var added = await lab.Endpoints.AddAsync(Admin, Edit("remote"), Cancel);
        await lab.Endpoints.UpdateAsync(Admin, added.Id, added.Version, Edit("remote") with { Model = "first" }, Cancel);

        await Assert.ThrowsAsync<RecordConflictException>(() => lab.Endpoints.UpdateAsync(Admin, added.Id, added.Version, Edit("remote") with { Model = "second" }, Cancel));

        Assert.Equal("first", (await lab.Endpoints.GetAsync(added.Id, Cancel))!.Model);
    }

    [Fact]
    public async Task UpdateAsync_WithoutAChange_WritesNothing()
    {
        await using var lab = await LabFixture.CreateAsync();
        var added = await lab.Endpoints.AddAsync(Admin, Edit("remote"), Cancel);

        await lab.Endpoints.UpdateAsync(Admin, added.Id, added.Version, Edit("remote") with { Key = KeyChange.Keep }, Cancel);

        Assert.Equal(1, (await lab.Endpoints.GetAsync(added.Id, Cancel))!.Version);
        Assert.Empty((await lab.Audit.PageAsync(0, 10, AuditActions.EndpointChange, Cancel)).Entries);
    }

    [Fact]
    public async Task UpdateAsync_OfTheKey_KeepsReplacesOrRemovesIt()
    {
        await using var lab = await LabFixture.CreateAsync();
        var added = await lab.Endpoints.AddAsync(Admin, Edit("remote"), Cancel);

        var kept = await lab.Endpoints.UpdateAsync(Admin, added.Id, 1, Edit("renamed") with { Key = KeyChange.Keep }, Cancel);
        var replaced = await lab.Endpoints.UpdateAsync(Admin, added.Id, 2, Edit("renamed") with { Key = KeyChange.Replace("other") }, Cancel);
        var removed = await lab.Endpoints.UpdateAsync(Admin, added.Id, 3, Edit("renamed") with { Key = KeyChange.Remove }, Cancel);

        Assert.Equal(("protected", "other", null), (kept.ProtectedKey, replaced.ProtectedKey, removed.ProtectedKey));
        Assert.All((await lab.Audit.PageAsync(0, 10, AuditActions.EndpointChange, Cancel)).Entries, entry => Assert.DoesNotContain("protected", entry.Detail!, StringComparison.Ordinal));
    }

    // Whoever changes endpoints could otherwise have a stored key sent to a server of his own.
    [Theory]
    [InlineData("https://evil.example/v1")]
    [InlineData("http://a.example/v1")]
    [InlineData("https://a.example:8443/v1")]
    public async Task UpdateAsync_OfTheServer_DoesNotTakeTheKeyAlong(string address)
    {
        await using var lab = await LabFixture.CreateAsync();
        var added = await lab.Endpoints.AddAsync(Admin, Edit("remote"), Cancel);
        var moved = Edit("remote") with { Address = address, Key = KeyChange.Keep };

        await Assert.ThrowsAsync<RecordConflictException>(() => lab.Endpoints.UpdateAsync(Admin, added.Id, 1, moved, Cancel));

        Assert.Equal(address, (await lab.Endpoints.UpdateAsync(Admin, added.Id, 1, moved with { Key = KeyChange.Remove }, Cancel)).Address);
    }

    [Fact]
    public async Task UpdateAsync_OfThePath_KeepsTheKey()
    {
        await using var lab = await LabFixture.CreateAsync();
        var added = await lab.Endpoints.AddAsync(Admin, Edit("remote"), Cancel);

        var changed = await lab.Endpoints.UpdateAsync(Admin, added.Id, 1, Edit("remote") with { Address = "https://a.example/api/v2", Key = KeyChange.Keep }, Cancel);

        Assert.Equal("protected", changed.ProtectedKey);
    }

    [Fact]
    public async Task Names_OfModelsAndEndpoints_AreTakenForBoth()
    {
        await using var lab = await LabFixture.CreateAsync();
        var model = await lab.Models.AddAsync(Admin, Model("model", "/1"), Cancel);
        var endpoint = await lab.Endpoints.AddAsync(Admin, Edit("remote"), Cancel);

        await Assert.ThrowsAsync<RecordConflictException>(() => lab.Endpoints.AddAsync(Admin, Edit("model"), Cancel));
        await Assert.ThrowsAsync<RecordConflictException>(() => lab.Endpoints.AddAsync(Admin, Edit("remote"), Cancel));
        await Assert.ThrowsAsync<RecordConflictException>(() => lab.Endpoints.UpdateAsync(Admin, endpoint.Id, 1, Edit("model"), Cancel));
        await Assert.ThrowsAsync<RecordConflictException>(() => lab.Models.AddAsync(Admin, Model("remote", "/2"), Cancel));
        await Assert.ThrowsAsync<RecordConflictException>(() => lab.Models.RenameAsync(Admin, model.Id, "remote", Cancel));
        Assert.Equal("remote-2", (await lab.Models.RegisterFolderAsync(Admin, Model("remote", "/3"), Cancel)).Name);
    }

    [Fact]
    public async Task RecordCheckAsync_OfAnEndpointChangedSince_IsDropped()
    {
        await using var lab = await LabFixture.CreateAsync();
        var added = await lab.Endpoints.AddAsync(Admin, Edit("remote"), Cancel);
        Assert.True(await lab.Endpoints.RecordCheckAsync(Admin, added.Id, 1, new EndpointCheck(null, null, 4096), Cancel));
        var works = (await lab.Endpoints.GetAsync(added.Id, Cancel))!;

        await lab.Endpoints.UpdateAsync(Admin, added.Id, 1, Edit("remote") with { Model = "other" }, Cancel);
        var recorded = await lab.Endpoints.RecordCheckAsync(Admin, added.Id, 1, new EndpointCheck("endpoint_failed", """["500","x"]""", null), Cancel);

        var stored = (await lab.Endpoints.GetAsync(added.Id, Cancel))!;
        Assert.Equal((4096, lab.Time.GetUtcNow()), (works.MaxLength, works.CheckedAt));
        Assert.Equal((false, null, null, null), (recorded, stored.CheckedAt, stored.CheckFault, stored.MaxLength));
    }

    [Fact]
    public async Task RemoveAsync_Endpoint_IsGoneAndInTheAudit()
    {
        await using var lab = await LabFixture.CreateAsync();
        var added = await lab.Endpoints.AddAsync(Admin, Edit("remote"), Cancel);

        Assert.True(await lab.Endpoints.RemoveAsync(Admin, added.Id, Cancel));
        Assert.False(await lab.Endpoints.RemoveAsync(Admin, added.Id, Cancel));

        Assert.Empty(await lab.Endpoints.ListAsync(Cancel));
        Assert.Single((await lab.Audit.PageAsync(0, 10, AuditActions.EndpointRemove, Cancel)).Entries);
    }

    internal static EndpointEdit Edit(string name) => new(name, "https://a.example/v1", "m", AllowsPrivate: false, MostRequests: 4, KeyChange.Replace("protected"));

    private static RegisteredModel Model(string name, string path) => new() { Name = name, Path = path };
}
