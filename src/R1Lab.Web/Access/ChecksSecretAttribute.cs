namespace R1Lab.Web.Access;

/// <summary>
/// Marks a page that compares what a caller sends with a secret: a password or a set-up token. Every such request counts as a guess
/// (<see cref="RateLimits"/>). The mark belongs to the endpoint, so another spelling of its address does not avoid it.
/// </summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class ChecksSecretAttribute : Attribute
{
    /// <summary>The secret may also come in the address: reading the page is a guess too.</summary>
    public bool AlsoOnGet { get; init; }

    public bool IsGuess(HttpRequest request) => AlsoOnGet || !(HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method));
}
