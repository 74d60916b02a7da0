using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.Net.Http.Headers;
using R1Lab.Data;
using R1Lab.Data.Access;
using R1Lab.Data.Datasets;
using R1Lab.Engine;
using R1Lab.Engine.Devices;
using R1Lab.Engine.Generation;
using R1Lab.Web.Access;
using R1Lab.Web.Errors;
using R1Lab.Web.Serving;
using R1Lab.Web.Serving.Remote;

namespace R1Lab.Web.Api;

/// <summary>Turns what an endpoint throws into an error answer that names the field; pages keep their own error page.</summary>
public sealed partial class ApiExceptionHandler(ILogger<ApiExceptionHandler> log) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        // By now the request's own path names the error page; the feature still knows what was asked for.
        var path = httpContext.Features.Get<IExceptionHandlerPathFeature>()?.Path ?? httpContext.Request.Path;
        if (!ApiPaths.IsApi(path)) return false;
        if (httpContext.RequestAborted.IsCancellationRequested) return true;
        if (exception is ModelBusyException) httpContext.Response.Headers.RetryAfter = "1";
        httpContext.Request.Path = path; // the answer's shape goes by it
        var answer = exception is InvalidOperationException && HasUnknownCharset(httpContext.Request)
            ? ApiError.FromStatus(StatusCodes.Status415UnsupportedMediaType, path)
            : Answer(exception, path);
        if (answer.Status >= StatusCodes.Status500InternalServerError) LogFailure(exception, httpContext.Request.Method, path, answer.Status, httpContext.TraceIdentifier);
        await answer.ExecuteAsync(httpContext);
        return true;
    }

    /// <summary>What a client is told about an exception.</summary>
    internal static ApiErrorAnswer Answer(Exception exception, string path) => exception switch
    {
        AskRefusedException refused => ApiError.BadRequest(refused.Message, refused.Field),
        ApiFieldException field => ApiError.BadRequest(field.Message, field.Field),
        ModelUnavailableException { Exists: false } model => ApiError.NotFound(model.Message, "model", "model_not_found"),
        ModelUnavailableException full when OutOfMemory.Is(full) => ApiError.Unavailable(full.Message, "out_of_memory"),
        ModelUnavailableException { IsPermanent: true } model => ApiError.Unprocessable(model.Message, "model", "model_unusable"),
        ModelUnavailableException model => ApiError.Unavailable(model.Message, model.Problem?.Code ?? "model_unavailable"),
        ModelBusyException => ApiError.TooMany(1),
        EndpointException { Fault.Code: "endpoint_busy" } busy => ApiError.Unavailable(busy.Message, "endpoint_busy"),
        EndpointException remote => ApiError.BadGateway(remote.Message, remote.Fault?.Code ?? "endpoint_failed"),
        MemoryRefusedException memory => ApiError.Unavailable(memory.Message, "out_of_memory"),
        BadInputException bad => ApiError.Unprocessable(bad.Message, bad.Place, "bad_input"),
        NotAllowedException denied => ApiError.Forbidden(denied.Message),
        RecordNotFoundException missing => ApiError.NotFound(missing.Message),
        UploadRefusedException { IsDiskFull: true } full => ApiError.NoSpace(full.Message),
        UploadRefusedException refused => ApiError.Conflict(refused.Message, "length"),
        RecordConflictException conflict => ApiError.Conflict(conflict.Message),
        BadHttpRequestException { InnerException: JsonException json } => Unreadable(json),
        BadHttpRequestException { StatusCode: StatusCodes.Status400BadRequest } request => Unbound(request),
        BadHttpRequestException request => ApiError.FromStatus(request.StatusCode, path),
        JsonException json => Unreadable(json),
        InvalidOperationException { Source: { } source } when source.StartsWith("System.Text.Json", StringComparison.Ordinal) =>
            ApiError.BadRequest("The body holds text that is no valid Unicode.", null, "invalid_json"),
        _ when FullDisk.Is(exception) => ApiError.NoSpace(),
        _ when OutOfMemory.Is(exception) => ApiError.OutOfMemory(),
        _ => ApiError.Internal(),
    };

    // ASP.NET Core throws an InvalidOperationException where it cannot decode the body, as if the server were at fault.
    private static bool HasUnknownCharset(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var type) && type is { Charset.Length: > 0, Encoding: null };

    // ASP.NET Core does not log what an exception handler has answered.
    [LoggerMessage(LogLevel.Error, "{Method} {Path} was answered {Status} (request {Request})")]
    private partial void LogFailure(Exception error, string method, string path, int status, string request);

    // "Failed to bind parameter "int offset" from "x"." and "Required parameter "string name" was not provided from query string."
    private static ApiErrorAnswer Unbound(BadHttpRequestException request)
    {
        var field = BoundParameter().Match(request.Message) is { Success: true } named ? named.Groups["name"].Value : null;
        return ApiError.BadRequest(request.Message, field, field is null ? "invalid_request" : "invalid_value");
    }

    private static ApiErrorAnswer Unreadable(JsonException json)
    {
        if (MissingProperties().Match(json.Message) is { Success: true } missing)
            return ApiError.BadRequest($"'{missing.Groups["name"].Value}' is missing.", missing.Groups["name"].Value, "missing_value");
        var field = json.Path is { Length: > 2 } place && place.StartsWith("$.", StringComparison.Ordinal) ? place[2..] : null;
        var where = field is null ? "The body is not valid JSON" : $"The value of '{field}' cannot be read";
        return ApiError.BadRequest($"{where} (line {json.LineNumber + 1}, byte {json.BytePositionInLine + 1}).", field, "invalid_json");
    }

    [GeneratedRegex("parameter \"[^ \"]+ (?<name>[^\"]+)\"", RegexOptions.NonBacktracking)]
    private static partial Regex BoundParameter();

    [GeneratedRegex("missing required properties including: '(?<name>[^']+)'", RegexOptions.NonBacktracking)]
    private static partial Regex MissingProperties();
}
