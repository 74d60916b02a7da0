namespace R1Lab.Web.Api;

/// <summary>Health without a key: <c>/health</c> and <c>/health/live</c> answer while the program runs, <c>/health/ready</c> says whether it can work.</summary>
public static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder app)
    {
        var health = app.MapGroup("/health").AllowAnonymous().WithTags("Health");
        health.MapGet("", () => Results.Ok()).DisableRateLimiting().WithSummary("200 while the program runs");
        health.MapGet("/live", () => Results.Ok()).DisableRateLimiting().WithSummary("200 while the program runs");
        health.MapGet("/ready", ReadyAsync).Produces<Readiness>().WithSummary("200 when database, disk and device work, else 503 with the reasons");
    }

    private static async Task<IResult> ReadyAsync(LabHealth health, CancellationToken cancellationToken)
    {
        var answer = await health.ReadAsync(cancellationToken);
        return Results.Json(answer, statusCode: answer.Problems.Count == 0 ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }
}
