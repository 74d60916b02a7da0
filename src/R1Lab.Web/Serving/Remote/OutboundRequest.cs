namespace R1Lab.Web.Serving.Remote;

/// <summary>The origin that an administrator listed: scheme, host and port.</summary>
/// <param name="Base">Any address at the origin.</param>
/// <param name="AllowsPrivate">Whether it may be a host of the own network or this machine.</param>
public sealed record OutboundOrigin(Uri Base, bool AllowsPrivate)
{
    public bool Lists(Uri address) => address.IsAbsoluteUri && address.Scheme is "http" or "https" && address.UserInfo.Length == 0
        && address.Scheme == Base.Scheme && address.Port == Base.Port && address.IdnHost.Equals(Base.IdnHost, StringComparison.OrdinalIgnoreCase);
}

/// <summary>One request to a listed origin.</summary>
public sealed class OutboundRequest(OutboundOrigin origin, HttpMethod method, Uri address)
{
    public OutboundOrigin Origin { get; } = origin;

    public HttpMethod Method { get; } = method;

    public Uri Address { get; } = address;

    /// <summary>The body, JSON in UTF-8.</summary>
    public byte[]? Json { get; init; }

    /// <summary>Sent as bearer token.</summary>
    public string? Key { get; init; }

    /// <summary>When the whole answer must be there; null: the usual limits.</summary>
    public TimeSpan? Within { get; init; }

    /// <summary>Never shows the key.</summary>
    public override string ToString() => $"{Method} {Address.GetLeftPart(UriPartial.Path)}";
}
