using R1Lab.Data.Models;

namespace R1Lab.Web.Serving.Remote;

/// <summary>The requests that an endpoint understands.</summary>
internal static class EndpointAddresses
{
    private static readonly TimeSpan ListTime = TimeSpan.FromSeconds(30);

    public static OutboundRequest Chat(RemoteEndpoint endpoint, string? key, byte[] json) => new(Origin(endpoint), HttpMethod.Post, At(endpoint, "/chat/completions")) { Json = json, Key = key };

    public static OutboundRequest Models(RemoteEndpoint endpoint, string? key) => new(Origin(endpoint), HttpMethod.Get, At(endpoint, "/models")) { Key = key, Within = ListTime };

    private static OutboundOrigin Origin(RemoteEndpoint endpoint) => new(new Uri(endpoint.Address), endpoint.AllowsPrivate);

    private static Uri At(RemoteEndpoint endpoint, string path) => new(endpoint.Address + path);
}
