using Microsoft.Extensions.Options;
using R1Lab.Data;
using R1Lab.Web.Options;
using R1Lab.Web.Running;

namespace R1Lab.Web.Api;

/// <summary>Health without a key: <c>/health</c> and <c>/health/live</c> answer while the program runs, <c>/health/ready</c> says whether it can work.</summary>
public static class HealthEndpoints
{
    private const long NeededDiskBytes = 256L * 1024 * 1024;

    public static void MapHealth(this IEndpointRouteBuilder app)
    {
        var health = app.MapGroup("/health").AllowAnonymous().DisableRateLimiting().WithTags("Health");
        health.MapGet("", () => Results.Ok()).WithSummary("200 while the program runs");
        health.MapGet("/live", () => Results.Ok()).WithSummary("200 while the program runs");
        health.MapGet("/ready", ReadyAsync).Produces<Readiness>().WithSummary("200 when database, disk and device work, else 503 with the reasons");
    }

    private static async Task<IResult> ReadyAsync(LabDatabase database, ComputeStatus compute, IOptions<LabOptions> lab, CancellationToken cancellationToken)
    {
        var problems = new List<string>();
        if (await database.FindFaultAsync(cancellationToken) is { } fault) problems.Add($"database: {fault}");
        var free = new DriveInfo(lab.Value.DataFolder).AvailableFreeSpace;
        if (free < NeededDiskBytes) problems.Add($"disk: {free} bytes are free, {NeededDiskBytes} are needed");
        if (compute.Failure is { } failure) problems.Add($"device: {failure}");
        var answer = new Readiness(problems.Count == 0 ? "ready" : "not_ready", compute.Name, free, problems);
        return Results.Json(answer, statusCode: problems.Count == 0 ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }
}

public sealed record Readiness(string Status, string Device, long FreeDiskBytes, IReadOnlyList<string> Problems);
