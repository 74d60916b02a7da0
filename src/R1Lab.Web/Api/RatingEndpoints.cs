using System.Security.Claims;
using System.Text.Json;
using R1Lab.Data.Access;
using R1Lab.Data.Studies;
using R1Lab.Web.Access;
using R1Lab.Web.Errors;

namespace R1Lab.Web.Api;

/// <summary>What a rater does over HTTP: see the open studies, take the next task, hand in scores. No model name passes here.</summary>
public static class RatingEndpoints
{
    internal static void MapRatings(this IEndpointRouteBuilder routes)
    {
        var rate = routes.MapGroup("/api/v1").WithTags("Ratings").RequireAuthorization(LabPolicies.CanRate);
        rate.MapGet("/ratings/studies", StudiesAsync).WithName("ListOpenStudies").WithSummary("The open studies and what is left for you")
            .Produces<IReadOnlyList<RaterStudy>>();
        rate.MapPost("/studies/{id:int}/next", NextAsync).WithName("NextRatingTask").Produces<NextAnswer>()
            .WithSummary("The task in hand or a new one, answers blind and shuffled; assignment is null when nothing is left");
        rate.MapPost("/ratings", SubmitAsync).WithName("SubmitRating").Produces<ReceiptAnswer>(StatusCodes.Status201Created)
            .WithSummary("All scores of an assignment: 1 to 5, or null for \"cannot judge\"; one that was submitted before needs expected_revision");
        rate.MapRatingEntries();
    }

    // A key without an owner rates as itself.
    internal static string RaterId(ClaimsPrincipal user) => user.FindFirstValue(ClaimTypes.NameIdentifier)!;

    internal static IResult Refused(InvalidRatingException invalid, IReadOnlyList<ScoreRequest> scores)
    {
        var at = scores.Select((score, index) => (score, index))
            .LastOrDefault(one => one.score.Slot == invalid.Slot && one.score.Criterion == invalid.Criterion, (null!, -1)).index;
        return ApiError.Unprocessable(invalid.Message, invalid.Field ?? (at < 0 ? "scores" : $"scores[{at}]"), "invalid_rating");
    }

    private static async Task<IResult> StudiesAsync(RatingStore ratings, ClaimsPrincipal user, CancellationToken cancellation) =>
        Results.Json(await ratings.StudiesAsync(RaterId(user), cancellation));

    private static async Task<IResult> NextAsync(int id, RatingStore ratings, LiveSession session, ClaimsPrincipal user, CancellationToken cancellation)
    {
        var task = await ratings.NextAsync(await session.DemandAsync(LabRight.Rate, cancellation), id, cancellation);
        var progress = task?.Progress
            ?? (await ratings.StudiesAsync(RaterId(user), cancellation)).FirstOrDefault(study => study.StudyId == id)?.Progress ?? new RaterProgress(0, 0);
        return Results.Json(new NextAnswer(task is null ? null : TaskAnswer.Of(task), progress));
    }

    private static async Task<IResult> SubmitAsync(RatingRequest request, RatingStore ratings, LiveSession session, CancellationToken cancellation)
    {
        if (request.AssignmentId is not { } assignment) return ApiError.Unprocessable("assignment_id is missing.", "assignment_id");
        if (request.Scores is null) return ApiError.Unprocessable("scores is missing.", "scores");
        for (var index = 0; index < request.Scores.Count; index++)
        {
            if (request.Scores[index].Problem($"scores[{index}]") is { } problem) return problem;
        }

        try
        {
            var draft = new RatingDraft([.. request.Scores.Select(score => score.Entity())], request.Comment);
            var rater = await session.DemandAsync(LabRight.Rate, cancellation);
            var receipt = await ratings.SubmitAsync(rater, assignment, draft, request.ExpectedRevision, cancellation);
            return Results.Json(new ReceiptAnswer(receipt.AssignmentId, receipt.Revision, receipt.SubmittedAt), statusCode: StatusCodes.Status201Created);
        }
        catch (InvalidRatingException invalid)
        {
            return Refused(invalid, request.Scores);
        }
    }

    private sealed record RatingRequest(int? AssignmentId, IReadOnlyList<ScoreRequest>? Scores, string? Comment, int? ExpectedRevision);

    internal sealed record ScoreRequest(int? Slot, string? Criterion, JsonElement Value)
    {
        public IResult? Problem(string place)
        {
            if (Slot is null) return ApiError.Unprocessable("slot is missing: 0 is the first answer.", $"{place}.slot");
            if (string.IsNullOrEmpty(Criterion)) return ApiError.Unprocessable("criterion is missing.", $"{place}.criterion");
            if (Value.ValueKind == JsonValueKind.Null || (Value.ValueKind == JsonValueKind.Number && Value.TryGetInt32(out _))) return null;
            return ApiError.Unprocessable("value must be 1 to 5, or null for \"cannot judge\".", $"{place}.value");
        }

        public SlotScore Entity() => Value.ValueKind == JsonValueKind.Null
            ? new SlotScore(Slot!.Value, Criterion!, null, true)
            : new SlotScore(Slot!.Value, Criterion!, Value.GetInt32());
    }
}

public sealed record NextAnswer(TaskAnswer? Assignment, RaterProgress Progress);

public sealed record TaskAnswer(
    int AssignmentId, int StudyId, string Study, string Guidelines, string Prompt, IReadOnlyList<BlindAnswerCard> Answers, IReadOnlyList<CriterionCard> Criteria)
{
    public static TaskAnswer Of(RatingTask task) => new(
        task.AssignmentId, task.StudyId, task.StudyName, task.GuidelinesMarkdown, task.Prompt,
        [.. task.Answers.Select(answer => new BlindAnswerCard(answer.Slot, SlotLabel.Text(answer.Slot, task.Language), answer.Text, answer.Reasoning))],
        [.. task.Criteria.Select(CriterionCard.Of)]);
}

public sealed record BlindAnswerCard(int Slot, string Label, string Text, string? Reasoning);

public sealed record ReceiptAnswer(int AssignmentId, int Revision, DateTimeOffset SubmittedAt);
