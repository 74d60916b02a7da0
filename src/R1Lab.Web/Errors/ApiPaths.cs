
namespace R1Lab.Web.Errors;

/// <summary>
/// Which addresses speak JSON: they answer errors in the OpenAI shape and never redirect to a page.
/// The text of the address decides the shape of an answer only, also where no endpoint matches; rights and limits come from endpoint metadata.
/// </summary>
public static class ApiPaths
{
    private static readonly PathString[] Starts =
        ["/api", "/v1", "/openapi", "/health", "/metrics", "/info", "/tokenize", "/detokenize", "/generate", "/generate_stream"];

    public static bool IsApi(this HttpRequest request) => IsApi(request.Path);

    public static bool IsApi(PathString path) => Array.Exists(Starts, start => path.StartsWithSegments(start, StringComparison.OrdinalIgnoreCase));
}
