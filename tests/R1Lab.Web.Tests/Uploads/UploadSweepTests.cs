using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using R1Lab.Data.Datasets;
using R1Lab.Tests.Shared;
using R1Lab.Web.Tests.Api;
using R1Lab.Web.Uploads;

namespace R1Lab.Web.Tests.Uploads;

/// <summary>What unfinished uploads may take, and when they go.</summary>
public sealed class UploadSweepTests : IDisposable
{
    private const string Uploads = "/api/v1/uploads";
    private readonly LabHost _lab = LabHost.With(new() { ["Lab:Uploads:PerUser"] = "3", ["Lab:Uploads:BytesPerUser"] = "1000" });

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Folder => Path.Combine(_lab.Folder.Path, "uploads");

    public void Dispose() => _lab.Dispose();

    [Fact]
    public async Task Begin_BeyondTheQuota_IsAConflictInWordsAndLeavesNoFile()
    {
        using var client = _lab.ApiClient();
        await client.AskAsync(Uploads, new { file_name = "a", length = 900 });

        var (status, error) = await client.PostAsync(Uploads, new { file_name = "b", length = 101 });

        Assert.Equal((409, "length"), ((int)status, error["error"]!["param"].Str()));
        Assert.Contains("1000 are allowed", error["error"]!["message"].Str(), StringComparison.Ordinal);
        Assert.Single(Directory.GetFiles(Folder));
    }

    [Fact]
    public async Task Sweep_ADayWithoutAPiece_RemovesSessionAndFile()
    {
        using var client = _lab.ApiClient();
        await client.AskAsync(Uploads, new { file_name = "a", length = 9 });

        var early = await SweepAsync(TimeSpan.FromHours(23));
        var late = await SweepAsync(TimeSpan.FromHours(25));

        Assert.Equal((0, 1), (early, late));
        Assert.Empty(Directory.GetFiles(Folder));
    }

    [Fact]
    public async Task Start_AfterAKill_RemovesWhatBelongsToNoSession()
    {
        using var client = _lab.ApiClient();
        var kept = (await client.AskAsync(Uploads, new { file_name = "a", length = 9 }))["id"].Str();
        var lost = (await client.AskAsync(Uploads, new { file_name = "b", length = 9 }))["id"].Str();
        File.Delete(Path.Combine(Folder, lost));
        await File.WriteAllTextAsync(Path.Combine(Folder, "whole-1"), "half a file", Cancel);

        await _lab.Get<UploadFolder>().RemoveLeftoversAsync(Actors.Lab, Cancel);

        Assert.Equal([kept], Directory.GetFiles(Folder).Select(Path.GetFileName));
        Assert.Equal([kept], await _lab.Get<UploadStore>().IdsAsync(Cancel));
    }

    [Fact]
    public async Task Import_InOneRequest_LeavesNoCopyBehind()
    {
        using var client = _lab.ApiClient();
        using var good = new StringContent("{\"prompt\":\"1\",\"response\":\"2\"}");
        using var bad = new StringContent("no json");

        var first = await client.SendAsync(HttpMethod.Post, "/api/v1/datasets?name=good", good);
        var second = await client.SendAsync(HttpMethod.Post, "/api/v1/datasets?name=bad", bad);

        Assert.Equal((201, 422), ((int)first.Status, (int)second.Status));
        Assert.Empty(Directory.GetFiles(Folder));
    }

    private async Task<int> SweepAsync(TimeSpan later)
    {
        using var sweep = ActivatorUtilities.CreateInstance<UploadSweep>(_lab.Services, new FakeTimeProvider(DateTimeOffset.UtcNow + later));
        return await sweep.SweepAsync(Cancel);
    }
}
