using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using R1Lab.Data;
using R1Lab.Engine;
using R1Lab.Engine.Devices;
using R1Lab.Web.Api;
using R1Lab.Web.Device;
using R1Lab.Web.Options;
using R1Lab.Web.Tests.Durability;

namespace R1Lab.Web.Tests.Api;

/// <summary>L14: health tells the truth, and asking costs nothing: anyone may ask.</summary>
public sealed class LabHealthTests : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly FakeTimeProvider _time = new();
    private ServiceProvider? _services;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private string Database => Path.Combine(_folder.Path, "r1lab.db");

    public async ValueTask DisposeAsync()
    {
        if (_services is not null) await _services.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task ReadAsync_WithinFiveSeconds_SharesOneCheckAndAfterwardsLooksAgain()
    {
        var health = await CreateAsync();
        var first = await health.ReadAsync(Cancel);
        SqliteConnection.ClearAllPools();
        File.Delete(Database);

        var shared = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => health.ReadAsync(Cancel)));
        _time.Advance(LabHealth.Fresh);
        var later = await health.ReadAsync(Cancel);

        Assert.Equal("ready", first.Status);
        Assert.All(shared, answer => Assert.Same(first, answer));
        Assert.Equal("not_ready", later.Status);
        Assert.StartsWith("database: ", Assert.Single(later.Problems), StringComparison.Ordinal);
        Assert.False(File.Exists(Database));
    }

    [Fact]
    public async Task ReadAsync_LessDiskThanTheReserve_SaysBothNumbers()
    {
        using var disk = SmallDisk.Mount(64);

        var answer = await (await CreateAsync(disk.Path)).ReadAsync(Cancel);

        Assert.Matches(@"^disk: \d+ bytes are free, 268435456 are needed$", Assert.Single(answer.Problems));
    }

    [Fact]
    public async Task ReadAsync_DiskThatBecameReadOnly_SaysSo()
    {
        using var disk = SmallDisk.Mount(512);
        var health = await CreateAsync(disk.Path);
        var before = await health.ReadAsync(Cancel);
        await _services!.DisposeAsync();
        SqliteConnection.ClearAllPools();
        disk.MakeReadOnly();
        _time.Advance(LabHealth.Fresh);

        var after = await health.ReadAsync(Cancel);

        Assert.Equal(("ready", "not_ready"), (before.Status, after.Status));
        Assert.Contains(after.Problems, problem => problem.StartsWith("disk: ", StringComparison.Ordinal) && problem.EndsWith("cannot be written", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(2, 2, null)]
    [InlineData(2, 1, "device: 1 of 2 GPUs answer")]
    [InlineData(0, 0, null)]
    public async Task ReadAsync_GpuThatNoLongerAnswers_SaysSo(int atStart, int now, string? problem)
    {
        var health = await CreateAsync(compute: new ComputeStatus("cuda:0", null) { Cards = atStart }, gpus: now);

        var answer = await health.ReadAsync(Cancel);

        Assert.Equal(problem is null ? [] : [problem], answer.Problems);
    }

    [Fact]
    public async Task Ready_AskedAThousandTimes_WritesNothingAndIsLimited()
    {
        using var lab = LabHost.With(new() { ["Lab:RateLimits:Burst"] = "500", ["Lab:RateLimits:PerSecond"] = "1" });
        using var client = lab.CreateClient();
        await client.GetAsync(new Uri("/health/ready", UriKind.Relative), Cancel);
        await using var database = new SqliteConnection($"Data Source={Path.Combine(lab.Folder.Path, "r1lab.db")};Mode=ReadOnly;Pooling=False");
        await database.OpenAsync(Cancel);
        var before = await ChangesAsync(database);

        var answers = new List<int>();
        for (var call = 0; call < 1000; call++)
        {
            using var answer = await client.GetAsync(new Uri("/health/ready", UriKind.Relative), Cancel);
            answers.Add((int)answer.StatusCode);
        }

        Assert.Equal([200, 429], answers.Distinct().Order());
        Assert.Equal(before, await ChangesAsync(database));
    }

    // A number that SQLite changes when another connection has written.
    private static async Task<object?> ChangesAsync(SqliteConnection database)
    {
        await using var command = database.CreateCommand();
        command.CommandText = "PRAGMA data_version";
        return await command.ExecuteScalarAsync(Cancel);
    }

    private async Task<LabHealth> CreateAsync(string? folder = null, ComputeStatus? compute = null, int gpus = 0)
    {
        var lab = new LabOptions { DataFolder = folder ?? _folder.Path };
        _services = new ServiceCollection().AddLabData(lab.DatabasePath).BuildServiceProvider();
        var database = _services.GetRequiredService<LabDatabase>();
        await database.MigrateAsync(Cancel);
        return new LabHealth(database, compute ?? new ComputeStatus("cpu", null), new Gpus(gpus), Microsoft.Extensions.Options.Options.Create(lab), _time);
    }

    private sealed class Gpus(int count) : IGpuMonitor
    {
        public Problem? Absence => count == 0 ? new Problem("gpu_none", "", ProblemSeverity.Note, "none", []) : null;

        public IReadOnlyList<GpuReading> Read() =>
            [.. Enumerable.Range(0, count).Select(index => new GpuReading(index, "GPU", $"GPU-{index}", 0, 1, null, null, null, default))];
    }
}
