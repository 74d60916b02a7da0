using System.Security.Claims;
using R1Lab.Data.Access;
using R1Lab.Data.Runs;
using R1Lab.Web.Access;
using R1Lab.Web.Errors;
using R1Lab.Web.Training;

namespace R1Lab.Web.Api;

/// <summary><c>/api/v1/runs/queue</c> and <c>/api/v1/runs/{id}/move</c>: what runs, what waits, in which order, and whether the queue moves.</summary>
public static class QueueEndpoints
{
    public static void MapRunQueue(this IEndpointRouteBuilder app)
    {
        var runs = app.MapGroup("/api/v1/runs").WithTags("Runs").RequireAuthorization(LabPolicies.CanView);
        runs.MapGet("/queue", GetAsync).WithName("GetRunQueue").Produces<QueueView>()
            .WithSummary("The run under way and the waiting ones in their order, with owners and estimated times");
        runs.MapPut("/queue", SwitchAsync).WithName("SwitchRunQueue").RequireAuthorization(LabPolicies.CanTrain).Produces<QueueView>()
            .WithSummary("Holds the queue or lets it go on; sets whether it continues after a failed run");
        runs.MapPost("/{id:int}/move", MoveAsync).WithName("MoveRun").RequireAuthorization(LabPolicies.CanTrain)
            .Produces<QueueView>().Produces<ApiError>(StatusCodes.Status403Forbidden).Produces<ApiError>(StatusCodes.Status409Conflict)
            .WithSummary("Puts a waiting run before another, or at the end; only its owner and administrators may");
    }

    private static async Task<IResult> GetAsync(RunLine line, ClaimsPrincipal user, CancellationToken cancellationToken) =>
        Results.Ok(QueueView.Of(await line.PictureAsync(cancellationToken), Visitor.Of(user)));

    private static async Task<IResult> SwitchAsync(QueueSwitchesRequest wanted, RunLine line, LiveSession session, ClaimsPrincipal user, CancellationToken cancellationToken)
    {
        var actor = await session.DemandAsync(LabRight.Train, cancellationToken);
        if (wanted.ContinueOnError is { } continues) await line.SetContinuesOnErrorAsync(actor, continues, cancellationToken);
        if (wanted.Held is true) await line.HoldAsync(actor, cancellationToken);
        if (wanted.Held is false) await line.GoOnAsync(actor, cancellationToken);
        return await GetAsync(line, user, cancellationToken);
    }

    private static async Task<IResult> MoveAsync(
        int id, MoveRunRequest wanted, RunQueue queue, RunLine line, RunStore runs, LiveSession session, ClaimsPrincipal user, CancellationToken cancellationToken)
    {
        if (await runs.GetAsync(id, cancellationToken) is not { } run) return ApiError.NotFound($"There is no run {id}.", "id");
        if (wanted.Before is { } other && await runs.GetAsync(other, cancellationToken) is not { Status: RunStatus.Queued })
            return ApiError.Conflict($"Run {other} does not wait, so no run can be put before it.", "before");
        var actor = await session.DemandAsync(LabRight.Train, cancellationToken);
        if (!await queue.MoveAsync(actor, id, wanted.Before, cancellationToken))
            return ApiError.Conflict($"Run {id} is {RunView.StatusOf(run)}; only waiting runs can be moved.");
        return await GetAsync(line, user, cancellationToken);
    }
}
