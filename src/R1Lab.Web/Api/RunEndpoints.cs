using R1Lab.Data.Access;
using R1Lab.Data.Runs;
using R1Lab.Engine.Training;
using R1Lab.Web.Access;
using R1Lab.Web.Errors;
using R1Lab.Web.Training;

namespace R1Lab.Web.Api;

/// <summary><c>/api/v1/runs</c>: start a training run from a recipe, watch it, stop it, let it go on.</summary>
public static class RunEndpoints
{
    public static void MapRuns(this IEndpointRouteBuilder app)
    {
        var runs = app.MapGroup("/api/v1/runs").WithTags("Runs").RequireAuthorization(LabPolicies.CanView);
        runs.MapPost("", CreateAsync).WithName("CreateRun").RequireAuthorization(LabPolicies.CanTrain)
            .Accepts<TrainingRecipe>("application/json").Produces<RunCreated>(StatusCodes.Status201Created).Produces<ApiError>(StatusCodes.Status422UnprocessableEntity)
            .WithSummary("Puts a run in line; the body is a recipe with Hugging Face names. 422 lists every problem");
        runs.MapGet("", ListAsync).WithName("ListRuns").Produces<IReadOnlyList<RunView>>().WithSummary("All runs, newest first");
        runs.MapGet("/{id:int}", GetAsync).WithName("GetRun").Produces<RunView>().WithSummary("State, progress and events of one run");
        runs.MapGet("/{id:int}/metrics", MetricsAsync).WithName("GetRunMetrics").Produces<IReadOnlyList<RunMetricView>>()
            .WithSummary("One entry a logged step, full precision; since_step skips what is known");
        runs.MapPost("/{id:int}/stop", StopAsync).WithName("StopRun").RequireAuthorization(LabPolicies.CanTrain).Produces<RunView>().Produces<ApiError>(StatusCodes.Status403Forbidden)
            .WithSummary("Stops at the next step boundary, with a snapshot");
        runs.MapPost("/{id:int}/resume", ResumeAsync).WithName("ResumeRun").RequireAuthorization(LabPolicies.CanTrain).Produces<RunView>().Produces<ApiError>(StatusCodes.Status403Forbidden)
            .WithSummary("Puts the run in line again; it goes on from its newest whole snapshot");
        runs.MapPost("/{id:int}/again", AgainAsync).WithName("RunAgain").RequireAuthorization(LabPolicies.CanTrain)
            .Produces<RunCreated>(StatusCodes.Status201Created).Produces<ApiError>(StatusCodes.Status422UnprocessableEntity)
            .WithSummary("Puts a new run with the same recipe on the same rows in line; 422 names the difference where the rows changed");
    }

    private static async Task<IResult> CreateAsync(HttpRequest request, RunQueue queue, LiveSession session, CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(request.Body);
        var json = await reader.ReadToEndAsync(cancellationToken);
        if (TrainingRecipe.ParseNew(json, out var unreadable) is not { } recipe) return ApiError.Unprocessable(unreadable);

        return Answer(await queue.EnqueueAsync(await session.DemandAsync(LabRight.Train, cancellationToken), recipe, cancellationToken));
    }

    private static async Task<IResult> AgainAsync(int id, RunQueue queue, RunStore runs, LiveSession session, CancellationToken cancellationToken) =>
        await runs.GetAsync(id, cancellationToken) is { } run
            ? Answer(await queue.RunAgainAsync(await session.DemandAsync(LabRight.Train, cancellationToken), run, cancellationToken))
            : Missing(id);

    private static IResult Answer(RunSubmission submission)
    {
        if (submission.Run is not { } run) return ApiError.Unprocessable(submission.Problems);

        var notes = submission.Problems.Select(problem => new RunNote(problem.Field, problem.Message)).ToList();
        return Results.Created($"/api/v1/runs/{run.Id}", new RunCreated(run.Id, run.Name, RunView.StatusOf(run), run.TotalSteps, notes));
    }

    private static async Task<IResult> ListAsync(RunStore runs, CancellationToken cancellationToken) =>
        Results.Ok((await runs.ListAsync(cancellationToken: cancellationToken)).Select(run => RunView.Of(run, null)));

    private static async Task<IResult> GetAsync(int id, RunStore runs, CancellationToken cancellationToken) =>
        await runs.GetAsync(id, cancellationToken) is { } run ? Results.Ok(RunView.Of(run, await runs.EventsAsync(id, cancellationToken: cancellationToken))) : Missing(id);

    private static async Task<IResult> MetricsAsync(int id, RunStore runs, CancellationToken cancellationToken, int since_step = -1) =>
        await runs.GetAsync(id, cancellationToken) is null
            ? Missing(id)
            : Results.Ok((await runs.StepsAsync(id, since_step, cancellationToken)).Select(step => new RunMetricView(step)));

    private static async Task<IResult> StopAsync(int id, RunQueue queue, RunStore runs, LiveSession session, CancellationToken cancellationToken)
    {
        if (await runs.GetAsync(id, cancellationToken) is not { } run) return Missing(id);
        var actor = await session.DemandAsync(LabRight.Train, cancellationToken);
        if (!await queue.StopAsync(actor, id, cancellationToken)) return ApiError.Conflict($"Run {id} is {RunView.StatusOf(run)}; there is nothing to stop.");
        return await GetAsync(id, runs, cancellationToken);
    }

    private static async Task<IResult> ResumeAsync(int id, RunQueue queue, RunStore runs, LiveSession session, CancellationToken cancellationToken)
    {
        if (await runs.GetAsync(id, cancellationToken) is not { } run) return Missing(id);
        var actor = await session.DemandAsync(LabRight.Train, cancellationToken);
        if (!await queue.ResumeAsync(actor, id, cancellationToken)) return ApiError.Conflict($"Run {id} is {RunView.StatusOf(run)}; it cannot be resumed.");
        return await GetAsync(id, runs, cancellationToken);
    }

    internal static IResult Missing(int id) => ApiError.NotFound($"There is no run {id}.", "id");
}
