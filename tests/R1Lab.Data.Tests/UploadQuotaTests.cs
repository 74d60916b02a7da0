using R1Lab.Data.Datasets;
using R1Lab.Tests.Shared;

namespace R1Lab.Data.Tests;

/// <summary>What one owner, all owners and the disk can take of announced uploads.</summary>
public sealed class UploadQuotaTests
{
    private static readonly UploadQuota Roomy = new(PerOwner: 100, BytesPerOwner: 1000, Bytes: 1000, FreeBytes: 1000);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("count", "2 uploads of yours")]
    [InlineData("own bytes", "201 bytes; 200 are allowed")]
    [InlineData("all bytes", "251 bytes; 250 are allowed")]
    [InlineData("disk", "are free")]
    public async Task CreateAsync_OneBeyondTheQuota_IsRefusedAndOneWithinIsTaken(string limit, string words)
    {
        await using var lab = await LabFixture.CreateAsync();
        await AddAsync(lab, "wang", 100, Roomy);
        var (owner, within, beyond, quota) = limit switch
        {
            "count" => ("wang", 1L, 1L, Roomy with { PerOwner = 2 }),
            "own bytes" => ("wang", 99L, 2L, Roomy with { BytesPerOwner = 200 }),
            "all bytes" => ("li", 149L, 2L, Roomy with { Bytes = 250 }),
            _ => ("li", 100L, 101L, Roomy with { FreeBytes = 300 }),
        };

        await AddAsync(lab, owner, within, quota);
        var refused = await Assert.ThrowsAsync<UploadRefusedException>(() => AddAsync(lab, owner, beyond, quota));

        Assert.Contains(words, refused.Message, StringComparison.Ordinal);
        Assert.Equal(limit == "disk", refused.IsDiskFull);
        Assert.Equal(2, (await lab.Uploads.IdsAsync(Cancel)).Count);
    }

    [Fact]
    public async Task CreateAsync_TwentyAtOnce_TakesNoMoreThanTheQuota()
    {
        await using var lab = await LabFixture.CreateAsync();
        var quota = Roomy with { PerOwner = 3 };

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(async () =>
        {
            try
            {
                await AddAsync(lab, "wang", 1, quota);
                return true;
            }
            catch (UploadRefusedException)
            {
                return false;
            }
        })));

        Assert.Equal(3, outcomes.Count(taken => taken));
    }

    [Fact]
    public async Task CreateAsync_BytesThatArrived_NoLongerNeedFreeRoom()
    {
        await using var lab = await LabFixture.CreateAsync();
        var first = await AddAsync(lab, "wang", 100, Roomy);
        await lab.Uploads.AdvanceAsync(Actors.Lab, first.Id, 0, 100, Cancel);

        await AddAsync(lab, "li", 100, Roomy with { FreeBytes = 100 });

        Assert.Equal(2, (await lab.Uploads.IdsAsync(Cancel)).Count);
    }

    [Fact]
    public async Task StaleAsync_OldOnesAndThoseWithoutAnOwner_AreNamedAndOthersNot()
    {
        await using var lab = await LabFixture.CreateAsync();
        await AddUserAsync(lab, "wang");
        var old = await AddAsync(lab, "wang", 1, Roomy);
        var continued = await AddAsync(lab, "wang", 2, Roomy);
        lab.Time.Advance(TimeSpan.FromHours(25));
        await lab.Uploads.AdvanceAsync(Actors.Lab, continued.Id, 0, 1, Cancel);
        var ofKey = await AddAsync(lab, "key 3", 1, Roomy);
        var ofBootstrap = await AddAsync(lab, null, 1, Roomy);
        var orphan = await AddAsync(lab, "deleted user", 1, Roomy);

        var stale = await lab.Uploads.StaleAsync(lab.Time.GetUtcNow() - TimeSpan.FromDays(1), Cancel);

        Assert.Equal(new[] { old.Id, orphan.Id }.Order(), stale.Select(session => session.Id).Order());
        Assert.DoesNotContain(stale, session => session.Id == ofKey.Id || session.Id == ofBootstrap.Id);
    }

    private static Task<UploadSession> AddAsync(LabFixture lab, string? owner, long length, UploadQuota quota) =>
        lab.Uploads.CreateAsync(owner is null ? Actors.Lab : Actors.User(owner), "file.jsonl", length, quota, Cancel);

    private static Task AddUserAsync(LabFixture lab, string id) => lab.Writes.RunAsync(
        (context, token) =>
        {
            context.Add(new Access.LabUser { Id = id, UserName = id, NormalizedUserName = id });
            return context.SaveChangesAsync(token);
        },
        Cancel);
}
