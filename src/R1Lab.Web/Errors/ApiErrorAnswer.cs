
namespace R1Lab.Web.Errors;

/// <summary>An error on its way to a client, in the shape the address speaks: <c>/generate</c> answers as text-generation-inference does, all else as OpenAI does.</summary>
public sealed class ApiErrorAnswer(int status, ApiError error) : IResult
{
    /// <summary>The status that addresses in OpenAI's shape answer.</summary>
    public int Status => status;

    public Task ExecuteAsync(HttpContext httpContext) =>
        Results.Json(Body(httpContext.Request), statusCode: IsGenerate(httpContext.Request) ? GenerateStatus : status).ExecuteAsync(httpContext);

    /// <summary>What is sent.</summary>
    public object Body(HttpRequest request) => IsGenerate(request) ? new GenerateError(error.Error.Message, GenerateType) : error;

    private int GenerateStatus => status == StatusCodes.Status400BadRequest ? StatusCodes.Status422UnprocessableEntity : status;

    private string GenerateType => status switch
    {
        StatusCodes.Status429TooManyRequests => "overloaded",
        StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden => error.Error.Code,
        < StatusCodes.Status500InternalServerError => "validation",
        StatusCodes.Status503ServiceUnavailable => "unavailable",
        _ => "generation",
    };

    private static bool IsGenerate(HttpRequest request) => request.Path.StartsWithSegments("/generate", StringComparison.OrdinalIgnoreCase) || request.Path.StartsWithSegments("/generate_stream", StringComparison.OrdinalIgnoreCase);

    private sealed record GenerateError(string Error, string ErrorType);
}
