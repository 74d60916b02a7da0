namespace R1Lab.Web.Serving.Remote;

/// <summary>Why an endpoint did not answer with success.</summary>
internal static class EndpointRefusal
{
    /// <param name="answer">Its status.</param>
    /// <param name="model">What was asked for.</param>
    /// <param name="said">The server's own words; null when there are none.</param>
    public static EndpointException Of(OutboundAnswer answer, string model, string? said) => answer.Status switch
    {
        401 or 403 => new EndpointException("endpoint_key_refused", $"the endpoint does not accept the key ({answer.Status}): {said ?? "…"}"),
        404 => new EndpointException("endpoint_not_found", $"the endpoint does not know the address or the model {model} (404): {said ?? "…"}"),
        429 or 503 => new EndpointException("endpoint_busy", $"the endpoint is busy ({answer.Status}): {said ?? "…"}"),
        < 500 => new EndpointException("endpoint_refused", $"the endpoint refused the request ({answer.Status}): {said ?? "…"}"),
        _ => new EndpointException("endpoint_failed", $"the endpoint failed ({answer.Status}): {said ?? "…"}"),
    };
}
