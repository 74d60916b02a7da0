using System.Text.Json.Serialization;
using R1Lab.Data.Access;
using R1Lab.Data.Datasets;
using R1Lab.Engine;
using R1Lab.Web.Access;
using R1Lab.Web.Errors;
using R1Lab.Web.Uploads;

namespace R1Lab.Web.Api;

/// <summary>
/// <c>/api/v1/uploads</c>: a file in pieces. <c>POST</c> announces it, <c>PUT</c> with <c>Upload-Offset</c> appends, <c>GET</c> says how much is safe,
/// and <c>POST …/dataset</c> imports it.
/// </summary>
public static class UploadEndpoints
{
    private const string OffsetHeader = "Upload-Offset";

    public static void MapUploads(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/api/v1/uploads").WithTags("Uploads").RequireAuthorization(LabPolicies.CanTrain);
        group.MapPost("", BeginAsync).WithName("BeginUpload").WithSummary("Announces a file");
        group.MapGet("/{id}", StateAsync).WithName("GetUpload").WithSummary("How many bytes are safe");
        group.MapPut("/{id}", AppendAsync).WithName("AppendToUpload").WithSummary("Appends a piece at Upload-Offset").DisableRequestTimeout();
        group.MapDelete("/{id}", RemoveAsync).WithName("RemoveUpload").WithSummary("Forgets the file");
        group.MapPost("/{id}/dataset", ImportAsync).WithName("ImportUpload").WithSummary("Makes a dataset of a whole upload");
    }

    private static async Task<IResult> BeginAsync(BeginUploadRequest request, UploadFolder folder, LiveSession live, CancellationToken cancellation)
    {
        if (string.IsNullOrWhiteSpace(request.FileName)) return ApiError.Unprocessable("file_name is missing.", "file_name");
        if (request.Length is < 1 or > UploadFolder.LongestUpload or null)
            return ApiError.Unprocessable($"length must be between 1 and {UploadFolder.LongestUpload} bytes.", "length");
        var session = await folder.BeginAsync(await live.DemandAsync(LabRight.Train, cancellation), request.FileName, request.Length.Value, cancellation);
        return Results.Json(State(session), statusCode: StatusCodes.Status201Created);
    }

    private static async Task<IResult> StateAsync(string id, UploadStore uploads, CancellationToken cancellation) =>
        await uploads.GetAsync(id, cancellation) is { } session ? Results.Json(State(session)) : Missing(id);

    private static async Task<IResult> AppendAsync(string id, HttpRequest request, UploadFolder folder, LiveSession live, CancellationToken cancellation)
    {
        if (!long.TryParse(request.Headers[OffsetHeader], out var offset) || offset < 0)
            return ApiError.BadRequest($"The header {OffsetHeader} must say where the piece begins.", OffsetHeader);
        var actor = await live.DemandAsync(LabRight.Train, cancellation);
        var (outcome, received) = await folder.AppendAsync(actor, id, offset, request.Body, cancellation);
        return outcome switch
        {
            PieceOutcome.Unknown => Missing(id),
            PieceOutcome.TooLong => ApiError.TooLarge("The piece passes the announced length.", OffsetHeader),
            PieceOutcome.WrongOffset => Results.Json(new { Received = received }, statusCode: StatusCodes.Status409Conflict),
            _ => Results.Json(new { Received = received }),
        };
    }

    private static async Task<IResult> RemoveAsync(string id, UploadStore uploads, UploadFolder folder, LiveSession live, CancellationToken cancellation)
    {
        if (await uploads.GetAsync(id, cancellation) is not { } session) return Missing(id);
        await folder.RemoveAsync(await live.DemandAsync(LabRight.Train, cancellation), session, cancellation);
        return Results.NoContent();
    }

    private static async Task<IResult> ImportAsync(
        string id, [AsParameters] ImportQuery query, UploadStore uploads, UploadFolder folder, DatasetImport import, LiveSession live, CancellationToken cancellation)
    {
        if (await uploads.GetAsync(id, cancellation) is not { } session) return Missing(id);
        var actor = await live.DemandAsync(LabRight.Train, cancellation);
        await uploads.DemandAsync(actor, id, cancellation);
        if (session.Received < session.Length) return ApiError.Conflict($"{session.Received} of {session.Length} bytes have arrived.");
        var settings = query.Settings(Path.GetFileNameWithoutExtension(session.FileName));
        try
        {
            var result = await import.RunAsync(actor, folder.PathOf(session), session.FileName, settings, cancellation);
            if (result.Dataset is not null) await folder.RemoveAsync(actor, session, CancellationToken.None);
            return DatasetAnswers.Imported(session.FileName, result);
        }
        catch (BadInputException e)
        {
            return DatasetAnswers.Refused(e);
        }
    }

    private static IResult Missing(string id) => ApiError.NotFound($"There is no upload {id}.", "id");

    private static object State(UploadSession session) => new { session.Id, session.FileName, session.Length, session.Received };

    private sealed record BeginUploadRequest
    {
        [JsonPropertyName("file_name")]
        public string? FileName { get; init; }

        [JsonPropertyName("length")]
        public long? Length { get; init; }
    }
}
