using System.Security.Claims;
using Microsoft.AspNetCore.Mvc;
using R1Lab.Data.Access;
using R1Lab.Data.Datasets;
using R1Lab.Data.Models;
using R1Lab.Data.Studies;
using R1Lab.Web.Access;
using R1Lab.Web.Errors;
using R1Lab.Web.Studies;

namespace R1Lab.Web.Api;

/// <summary><c>/api/v1/studies</c>: make rating studies, read and export what raters said. Model names are in these answers: they are not for raters.</summary>
public static class StudyEndpoints
{
    public static void MapStudies(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/studies").WithTags("Studies");
        var read = group.MapGroup("").RequireAuthorization(LabPolicies.CanView);
        read.MapGet("", ListAsync).WithName("ListStudies").WithSummary("All studies, newest first").Produces<IEnumerable<StudyCard>>();
        read.MapGet("/{id:int}", GetAsync).WithName("GetStudy").WithSummary("One study with its criteria, prompts and answers").Produces<StudyDocument>();
        read.MapGet("/{id:int}/results", ResultsAsync).WithName("GetStudyResults").Produces<StudyResultsDocument>()
            .WithSummary("Means per model and criterion with t intervals over prompts, agreement, comparisons with their verdicts, and raters");
        var change = group.MapGroup("").RequireAuthorization(LabPolicies.CanTrain);
        change.MapGet("/{id:int}/export", ExportAsync).WithName("ExportStudy").WithSummary("Every submitted score as CSV or JSON, with the names of the raters");
        change.MapPost("", CreateAsync).WithName("CreateStudy").Produces<StudyCard>(StatusCodes.Status201Created)
            .WithSummary("A study whose answers the lab writes (models, prompts), or with given answers (items)");
        change.MapPut("/{id:int}/primary", SetPrimaryAsync).WithName("SetPrimaryComparison").Produces<StudyCard>()
            .WithSummary("Chooses the comparison the study is made for; only before the first rating");
        change.MapPost("/{id:int}/close", (int id, StudyStore studies, LiveSession session, CancellationToken token) => SetStatusAsync(id, StudyStatus.Closed, studies, session, token))
            .WithName("CloseStudy").WithSummary("Ends the rating; nothing is lost").Produces<StudyCard>();
        change.MapPost("/{id:int}/reopen", (int id, StudyStore studies, LiveSession session, CancellationToken token) => SetStatusAsync(id, StudyStatus.Open, studies, session, token))
            .WithName("ReopenStudy").WithSummary("Lets raters go on").Produces<StudyCard>();
        routes.MapRatings();
    }

    private static async Task<IResult> ListAsync(StudyStore studies, StudyGenerator generator, CancellationToken cancellation) =>
        Results.Json((await studies.ListAsync(cancellation)).Select(study => StudyCard.Of(study, generator.Progress(study.Study.Id))));

    private static async Task<IResult> GetAsync(int id, StudyStore studies, CancellationToken cancellation) =>
        await studies.GetAsync(id, cancellation) is { } contents ? Results.Json(StudyDocument.Of(contents)) : Missing(id);

    // Who rated how is for those who run studies.
    private static async Task<IResult> ResultsAsync(
        int id, [FromQuery(Name = "without_trained_on")] bool? withoutTrainedOn, StudyStore studies, ClaimsPrincipal user, CancellationToken cancellation)
    {
        var document = StudyResultsDocument.Of(await studies.ResultsAsync(id, withoutTrainedOn ?? false, cancellation));
        return Results.Json(Visitor.Of(user).MayTrain ? document : document with { ByRater = [] });
    }

    private static async Task<IResult> SetPrimaryAsync(
        int id, PrimaryRequest request, StudyStore studies, LiveSession session, CancellationToken cancellation)
    {
        try
        {
            await studies.SetPrimaryAsync(await session.DemandAsync(LabRight.Train, cancellation), id, request.Entity(), cancellation);
            return await CardAsync(id, studies, null, StatusCodes.Status200OK, cancellation);
        }
        catch (ArgumentException wrong)
        {
            return ApiError.Unprocessable(wrong.Message, "primary");
        }
    }

    private static async Task<IResult> ExportAsync(
        int id, string? format, StudyStore studies, AuditStore audit, LiveSession session, CancellationToken cancellation)
    {
        if (format is not (null or "csv" or "json")) return ApiError.BadRequest("format must be csv or json.", "format");
        if (await studies.GetAsync(id, cancellation) is null) return Missing(id);
        var rows = await studies.ExportAsync(id, cancellation);
        await audit.RecordAsync(await session.DemandAsync(LabRight.Train, cancellation), AuditActions.StudyExport, $"study {id}", format ?? "csv", cancellation);
        return format == "json"
            ? Results.Bytes(ScoreExport.Json(rows), "application/json", $"study-{id}-scores.json")
            : Results.Bytes(ScoreExport.Csv(rows), "text/csv; charset=utf-8", $"study-{id}-scores.csv");
    }

    private static async Task<IResult> CreateAsync(
        StudyRequest request, StudyStore studies, StudyGenerator generator, TrainingHistory history, ModelStore models, DatasetStore datasets,
        LiveSession session, CancellationToken cancellation)
    {
        if (request.SourceProblem() is { } source) return source;
        if (request.DatasetId is { } dataset && await datasets.GetAsync(dataset, cancellation) is null)
            return ApiError.Unprocessable($"There is no dataset {dataset}.", "dataset_id");
        var prompts = request.DatasetId is { } from
            ? await StudyPrompts.FromDatasetAsync(datasets, from, request.Count ?? StudyPlan.MostPrompts, request.Random ? request.Seed ?? 0 : null, cancellation)
            : request.Prompts ?? [];
        var plan = request.Plan(prompts);
        var registered = request.Items is null ? [.. (await models.ListAsync(cancellation)).Select(model => model.Name)] : plan.Models;
        var problems = plan.Problems(registered).ToList();
        if (problems.Count > 0) return ApiError.Unprocessable(problems);
        var actor = await session.DemandAsync(LabRight.Train, cancellation);
        var study = request.Items is null
            ? await generator.StartAsync(actor, plan, cancellation)
            : await studies.CreateAsync(actor, request.Given(plan, await history.OfAsync(plan.Models, cancellation)), cancellation);
        return await CardAsync(study.Id, studies, generator.Progress(study.Id), StatusCodes.Status201Created, cancellation);
    }

    private static async Task<IResult> SetStatusAsync(int id, StudyStatus status, StudyStore studies, LiveSession session, CancellationToken cancellation)
    {
        if (await studies.GetAsync(id, cancellation) is not { } contents) return Missing(id);
        if (contents.Study.Status == StudyStatus.Draft) return ApiError.Conflict("The study's answers are not written yet.", "id");
        await studies.SetStatusAsync(await session.DemandAsync(LabRight.Train, cancellation), id, status, cancellation);
        return await CardAsync(id, studies, null, StatusCodes.Status200OK, cancellation);
    }

    private static async Task<IResult> CardAsync(int id, StudyStore studies, StudyProgress? progress, int status, CancellationToken cancellation)
    {
        var summary = (await studies.ListAsync(cancellation)).First(one => one.Study.Id == id);
        return Results.Json(StudyCard.Of(summary, progress), statusCode: status);
    }

    private static IResult Missing(int id) => ApiError.NotFound($"There is no study {id}.", "id");
}
