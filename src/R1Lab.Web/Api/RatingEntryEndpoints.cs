using System.Security.Claims;
using Microsoft.AspNetCore.Mvc;
using R1Lab.Data.Access;
using R1Lab.Data.Studies;
using R1Lab.Web.Access;
using R1Lab.Web.Desk;
using R1Lab.Web.Errors;

namespace R1Lab.Web.Api;

/// <summary>
/// <c>/api/v1/ratings/{assignment}</c>: the whole form of a question, with the stamp of the tab that sends it. The rating desk uses it; a
/// request has its own time-out and can be repeated, which a page's connection cannot offer.
/// </summary>
internal static class RatingEntryEndpoints
{
    private const int LargestForm = 256 * 1024;
    private const int LongestClient = 64;
    private const int MostKnown = 16;

    public static void MapRatingEntries(this RouteGroupBuilder rate)
    {
        var entry = rate.MapGroup("/ratings/{id:int}");
        entry.MapGet("", GetAsync).WithName("GetRatingEntry").Produces<EntryCard>().WithSummary("What is stored of one of your questions");
        entry.MapPut("", PutAsync).WithName("PutRatingEntry").Produces<EntryCard>().WithMetadata(new RequestSizeLimitAttribute(LargestForm))
            .WithSummary("Stores a draft, a submission or a skip unless something newer is stored; repeated with the same stamp it changes nothing");
        entry.MapPost("/undo", UndoAsync).WithName("UndoRating").Produces<EntryCard>().WithSummary("Takes a submission back within ten seconds");
    }

    private static async Task<IResult> GetAsync(int id, RatingStore ratings, ClaimsPrincipal user, CancellationToken cancellation) =>
        Results.Json(EntryCard.Of(await ratings.EntryAsync(id, RatingEndpoints.RaterId(user), cancellation)));

    private static async Task<IResult> PutAsync(int id, EntryRequest request, RatingStore ratings, LiveSession session, CancellationToken cancellation)
    {
        if (request.Problem() is { } problem) return problem;
        try
        {
            return Answer(await ratings.EnterAsync(await session.DemandAsync(LabRight.Rate, cancellation), id, request.Entity(), cancellation));
        }
        catch (InvalidRatingException invalid)
        {
            return RatingEndpoints.Refused(invalid, request.Scores!);
        }
    }

    private static async Task<IResult> UndoAsync(int id, RatingStore ratings, LiveSession session, ClaimsPrincipal user, CancellationToken cancellation) =>
        await ratings.UndoSubmitAsync(await session.DemandAsync(LabRight.Rate, cancellation), id, cancellation)
            ? await GetAsync(id, ratings, user, cancellation)
            : ApiError.Conflict("It is too late to take this submission back; it can still be revised.", "id");

    private static IResult Answer(EntryReceipt receipt) => receipt.Outcome switch
    {
        EntryOutcome.Conflict => Refusal(receipt, "entry_conflict", "Another tab or device wrote this question meanwhile; name its stamp in known to replace it."),
        EntryOutcome.StudyClosed => Refusal(receipt, "study_closed", "The study is closed: the form is kept as a draft and does not count."),
        _ => Results.Json(EntryCard.Of(receipt)),
    };

    private static IResult Refusal(EntryReceipt receipt, string code, string message) => Results.Json(
        new EntryRefusal(new ApiErrorBody(message, "invalid_request_error", null, code), EntryCard.Of(receipt)), statusCode: StatusCodes.Status409Conflict);

    private sealed record EntryRefusal(ApiErrorBody Error, EntryCard Entry);

    private sealed record EntryRequest(
        string? Client, long? Sequence, IReadOnlyList<StampRequest>? Known, EntryIntent? Intent, IReadOnlyList<RatingEndpoints.ScoreRequest>? Scores,
        string? Comment, SkipReason? SkipReason, string? SkipNote)
    {
        public IResult? Problem()
        {
            if (Client is not { Length: > 0 and <= LongestClient })
                return ApiError.Unprocessable($"client is missing or longer than {LongestClient} characters.", "client");
            if (Sequence is not > 0) return ApiError.Unprocessable("sequence must be 1 or more.", "sequence");
            if (Intent is null) return ApiError.Unprocessable("intent must be draft, submit or skip.", "intent");
            if (Known is { Count: > MostKnown } || Known?.Any(stamp => stamp.Client is null || stamp.Sequence is null) == true)
                return ApiError.Unprocessable($"known must be at most {MostKnown} stamps of client and sequence.", "known");
            if (Scores is null) return ApiError.Unprocessable("scores is missing.", "scores");
            return Scores.Select((score, index) => score.Problem($"scores[{index}]")).FirstOrDefault(problem => problem is not null);
        }

        public RatingEntry Entity() => new(
            new EntryStamp(Client!, Sequence!.Value), [.. (Known ?? []).Select(stamp => new EntryStamp(stamp.Client!, stamp.Sequence!.Value))], Intent!.Value,
            new RatingDraft([.. Scores!.Select(score => score.Entity())], Comment), SkipReason, SkipNote);
    }

    private sealed record StampRequest(string? Client, long? Sequence);
}
