using System.Text.Json;
using Microsoft.AspNetCore.Diagnostics;
using R1Lab.Data;
using R1Lab.Engine;
using R1Lab.Web.Running;

namespace R1Lab.Web.Api;

/// <summary>Turns what an endpoint throws into an error answer that names the field; pages keep their own error page.</summary>
public sealed class ApiExceptionHandler : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        if (!httpContext.Request.IsApi()) return false;
        if (httpContext.RequestAborted.IsCancellationRequested) return true;
        if (exception is ModelBusyException) httpContext.Response.Headers.RetryAfter = "1";
        await Answer(exception, httpContext.Request.Path).ExecuteAsync(httpContext);
        return true;
    }

    private static IResult Answer(Exception exception, string path) => exception switch
    {
        ApiFieldException field => ApiError.BadRequest(field.Message, field.Field),
        ModelUnavailableException { Exists: false } model => ApiError.NotFound(model.Message, "model", "model_not_found"),
        ModelUnavailableException model => ApiError.Unavailable(model.Message, "model_unavailable"),
        ModelBusyException => ApiError.TooMany(1),
        BadInputException bad => ApiError.Unprocessable(bad.Message, bad.Place, "bad_input"),
        RecordNotFoundException missing => ApiError.NotFound(missing.Message),
        RecordConflictException conflict => ApiError.Conflict(conflict.Message),
        BadHttpRequestException { InnerException: JsonException json } => Unreadable(json),
        BadHttpRequestException { StatusCode: StatusCodes.Status400BadRequest } request => ApiError.BadRequest(request.Message, null, "invalid_request"),
        BadHttpRequestException request => ApiError.FromStatus(request.StatusCode, path),
        JsonException json => Unreadable(json),
        _ => ApiError.Internal(),
    };

    private static IResult Unreadable(JsonException json)
    {
        var field = json.Path is { Length: > 2 } place && place.StartsWith("$.", StringComparison.Ordinal) ? place[2..] : null;
        var where = field is null ? "The body is not valid JSON" : $"The value of '{field}' cannot be read";
        return ApiError.BadRequest($"{where} (line {json.LineNumber + 1}, byte {json.BytePositionInLine + 1}).", field, "invalid_json");
    }
}
