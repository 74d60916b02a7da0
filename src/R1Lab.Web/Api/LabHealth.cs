using Microsoft.Extensions.Options;
using R1Lab.Data;
using R1Lab.Engine.Devices;
using R1Lab.Web.Device;
using R1Lab.Web.Options;
using R1Lab.Web.Storage;

namespace R1Lab.Web.Api;

/// <summary>
/// Whether the lab can work: database, disk and device. One check serves everyone who asks within a few seconds, and no check writes,
/// because anyone may ask.
/// </summary>
public sealed class LabHealth(LabDatabase database, ComputeStatus compute, IGpuMonitor monitor, IOptions<LabOptions> lab, TimeProvider time)
{
    /// <summary>How long one check serves.</summary>
    public static readonly TimeSpan Fresh = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private Task<Readiness>? _check;
    private long _startedAt;

    public async Task<Readiness> ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await Current().WaitAsync(TimeLimit, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            return new Readiness("not_ready", compute.Name, 0, ["disk: the data folder does not answer"]);
        }
    }

    // A check that hangs is not joined by a second one.
    private Task<Readiness> Current()
    {
        lock (_gate)
        {
            if (_check is { } last && (!last.IsCompleted || time.GetElapsedTime(_startedAt) < Fresh)) return last;
            _startedAt = time.GetTimestamp();
            return _check = Task.Run(CheckAsync);
        }
    }

    private async Task<Readiness> CheckAsync()
    {
        var problems = new List<string>();
        if (await database.FindFaultAsync() is { } fault) problems.Add($"database: {fault}");
        var free = FreeBytes(problems);
        if (compute.Failure is { } failure) problems.Add($"device: {failure}");
        else if (monitor.Absence is null && monitor.Read().Count is var answering && answering < compute.Cards)
            problems.Add($"device: {answering} of {compute.Cards} GPUs answer");
        return new Readiness(problems.Count == 0 ? "ready" : "not_ready", compute.Name, free, problems);
    }

    private long FreeBytes(List<string> problems)
    {
        var folder = lab.Value.DataFolder;
        try
        {
            if (!PrivateFiles.CanWrite(folder)) problems.Add($"disk: {folder} cannot be written");
            var free = DiskRoom.FreeBytes(folder);
            if (free < DiskRoom.Reserve) problems.Add($"disk: {free} bytes are free, {DiskRoom.Reserve} are needed");
            return free;
        }
        catch (IOException e)
        {
            problems.Add($"disk: {e.Message}");
            return 0;
        }
    }
}

public sealed record Readiness(string Status, string Device, long FreeDiskBytes, IReadOnlyList<string> Problems);
