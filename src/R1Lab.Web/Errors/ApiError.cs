using System.Globalization;
using System.Text.Json.Serialization;
using R1Lab.Engine;

namespace R1Lab.Web.Errors;

/// <summary>
/// An error answer in the shape OpenAI clients read: <c>{"error":{"message","type","param","code"}}</c>. <c>param</c> is the field that is wrong.
/// </summary>
public sealed record ApiError(ApiErrorBody Error)
{
    /// <summary>Every problem of a refused recipe or settings record.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ApiProblem>? Problems { get; init; }

    /// <summary>Every bad line of a refused file.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ApiBadLine>? Lines { get; init; }

    private const string InvalidRequest = "invalid_request_error";

    public static ApiErrorAnswer BadRequest(string message, string? field = null, string code = "invalid_value") =>
        Result(StatusCodes.Status400BadRequest, message, InvalidRequest, field, code);

    public static ApiErrorAnswer Unauthorized() => Result(StatusCodes.Status401Unauthorized,
        "Give a valid API key in the header 'Authorization: Bearer r1l_...'.", InvalidRequest, null, "invalid_api_key");

    public static ApiErrorAnswer Forbidden(string message = "This key or user may not do that.") =>
        Result(StatusCodes.Status403Forbidden, message, InvalidRequest, null, "permission_denied");

    public static ApiErrorAnswer Refused(string message) => Result(StatusCodes.Status400BadRequest, message, InvalidRequest, null, "request_refused");

    public static ApiErrorAnswer NotFound(string message, string? field = null, string code = "not_found") =>
        Result(StatusCodes.Status404NotFound, message, InvalidRequest, field, code);

    public static ApiErrorAnswer Conflict(string message, string? field = null) =>
        Result(StatusCodes.Status409Conflict, message, InvalidRequest, field, "conflict");

    public static ApiErrorAnswer TooLarge(string message, string? field = null) =>
        Result(StatusCodes.Status413PayloadTooLarge, message, InvalidRequest, field, "too_large");

    public static ApiErrorAnswer Unprocessable(string message, string? field = null, string code = "invalid_value") =>
        Result(StatusCodes.Status422UnprocessableEntity, message, InvalidRequest, field, code);

    /// <summary>422 with every problem; the first error is also the message, so that a plain client shows something useful.</summary>
    public static ApiErrorAnswer Unprocessable(IReadOnlyList<Problem> problems)
    {
        var first = problems.FirstOrDefault(p => p.IsError) ?? problems[0];
        var body = new ApiErrorBody(first.Message, InvalidRequest, first.Field, first.Code);
        var listed = problems.Select(ApiProblem.Of).ToList();
        return new ApiErrorAnswer(StatusCodes.Status422UnprocessableEntity, new ApiError(body) { Problems = listed });
    }

    /// <summary>422 with every bad line of a file.</summary>
    public static ApiErrorAnswer Unprocessable(string message, IReadOnlyList<ApiBadLine> lines) => new(
        StatusCodes.Status422UnprocessableEntity, new ApiError(new ApiErrorBody(message, InvalidRequest, null, "bad_lines")) { Lines = lines });

    public static ApiErrorAnswer TooMany(int seconds) => Result(StatusCodes.Status429TooManyRequests,
        string.Create(CultureInfo.InvariantCulture, $"Too many requests. Try again in {seconds} s."), "rate_limit_error", null, "rate_limit_exceeded");

    public static ApiErrorAnswer Unavailable(string message, string code = "unavailable") =>
        Result(StatusCodes.Status503ServiceUnavailable, message, "server_error", null, code);

    /// <summary>A server that the lab asks for the caller did not do its part.</summary>
    public static ApiErrorAnswer BadGateway(string message, string code) =>
        Result(StatusCodes.Status502BadGateway, message, "server_error", null, code);

    public static ApiErrorAnswer OutOfMemory() => Unavailable(
        "There is not enough memory left for this request: shorten it, or send it again when fewer requests run.", "out_of_memory");

    public static ApiErrorAnswer NoSpace(string reason = "nothing was stored.") => Result(StatusCodes.Status507InsufficientStorage,
        $"The disk is full: {reason} Free some space where the lab's data folder lies and try again.", "server_error", null, "disk_full");

    public static ApiErrorAnswer Internal() => Result(StatusCodes.Status500InternalServerError,
        "The lab failed on this request; its log says why.", "server_error", null, "internal_error");

    /// <summary>An answer for a bare status code, as routing and authorization leave them.</summary>
    public static ApiErrorAnswer FromStatus(int status, string path) => status switch
    {
        StatusCodes.Status401Unauthorized => Unauthorized(),
        StatusCodes.Status403Forbidden => Forbidden(),
        StatusCodes.Status404NotFound => NotFound($"There is nothing at {path}."),
        StatusCodes.Status405MethodNotAllowed => Result(status, $"{path} does not take this method.", InvalidRequest, null, "method_not_allowed"),
        StatusCodes.Status413PayloadTooLarge => TooLarge("The request body is too large."),
        StatusCodes.Status415UnsupportedMediaType => Result(status, "Send the body as application/json in UTF-8.", InvalidRequest, null, "unsupported_media_type"),
        >= StatusCodes.Status500InternalServerError => Internal(),
        _ => Result(status, "The request could not be read.", InvalidRequest, null, "invalid_request"),
    };

    private static ApiErrorAnswer Result(int status, string message, string type, string? field, string code) =>
        new(status, new ApiError(new ApiErrorBody(message, type, field, code)));
}

public sealed record ApiErrorBody(
    string Message,
    string Type,
    string? Param,
    string Code);

public sealed record ApiProblem(
    string Field,
    string Message,
    string Code,
    string Severity)
{
    public static ApiProblem Of(Problem problem) => new(problem.Field, problem.Message, problem.Code, problem.Severity.ToString().ToLowerInvariant());
}

public sealed record ApiBadLine(int Line, string Reason, string Code);
