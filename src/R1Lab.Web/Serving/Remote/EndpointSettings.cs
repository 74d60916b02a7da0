using System.Diagnostics.CodeAnalysis;
using R1Lab.Engine;

namespace R1Lab.Web.Serving.Remote;

/// <summary>What an administrator enters for an endpoint.</summary>
public sealed record EndpointSettings
{
    public const int LongestName = 200;

    public const int LongestKey = 4096;

    public const int MostRequestsAllowed = 1000;

    private const int LongestAddress = 2000;

    public string Name { get; init; } = "";

    /// <summary>Where the API begins; <c>/v1</c> is added to a bare host.</summary>
    public string Address { get; init; } = "";

    /// <summary>What the endpoint calls the model.</summary>
    public string Model { get; init; } = "";

    public bool AllowsPrivate { get; init; }

    public int MostRequests { get; init; } = 4;

    /// <summary>A new key; null or empty keeps what is stored.</summary>
    public string? Key { get; init; }

    /// <summary>Removes the stored key.</summary>
    public bool RemovesKey { get; init; }

    /// <summary>What is wrong with it, in the user's words.</summary>
    /// <param name="hasKey">Whether a key is stored.</param>
    public IEnumerable<Problem> Problems(bool hasKey)
    {
        if (!IsVisible(Name, LongestName)) yield return Error("endpoint_name_invalid", "name", $"The name must have 1 to {LongestName} visible characters.", LongestName);
        if (!IsVisible(Model, LongestName)) yield return Error("endpoint_model_invalid", "model", $"The model must have 1 to {LongestName} visible characters.", LongestName);
        if (MostRequests is < 1 or > MostRequestsAllowed)
            yield return Error("endpoint_requests_invalid", "max_requests", $"At least 1 and at most {MostRequestsAllowed} requests at one time.", MostRequestsAllowed);
        if (!string.IsNullOrEmpty(Key) && (Key.Length > LongestKey || Key.Any(c => c is <= ' ' or > '~')))
            yield return Error("endpoint_key_invalid", "key", $"A key has at most {LongestKey} characters: letters, digits and signs of ASCII, no spaces.", LongestKey);
        if (!TryReadAddress(out var address))
            yield return Error("endpoint_address_invalid", "address", "The address must be http:// or https://, a host, and the path where the API begins, without user, query or fragment.");
        else if (address.Scheme == "http" && !AllowsPrivate && (!string.IsNullOrEmpty(Key) || (hasKey && !RemovesKey)))
            yield return Error("endpoint_key_unencrypted", "address", "A key would be sent unencrypted: use https://, or http:// within this network only.");
    }

    /// <summary>The address in one spelling; settings without errors have one.</summary>
    public bool TryReadAddress([NotNullWhen(true)] out Uri? address)
    {
        address = null;
        var text = Address.Trim();
        if (text.Length > LongestAddress || !Uri.TryCreate(text, UriKind.Absolute, out var given)) return false;
        if (given.Scheme is not ("http" or "https") || given.UserInfo.Length > 0 || given.Query.Length > 0 || given.Fragment.Length > 0 || given.IdnHost.Length == 0) return false;
        var path = given.AbsolutePath.TrimEnd('/');
        if (path.EndsWith("/chat/completions", StringComparison.Ordinal)) path = path[..^"/chat/completions".Length];
        address = new Uri(given.GetLeftPart(UriPartial.Authority) + (path.Length == 0 ? "/v1" : path));
        return true;
    }

    /// <summary>Never shows the key.</summary>
    public override string ToString() => $"{Name}: {Address}, {Model}";

    private static bool IsVisible(string text, int most) => text.Trim().Length is var length && length > 0 && length <= most && !text.Any(char.IsControl);

    private static Problem Error(string code, string field, string message, params object[] arguments) => new(code, field, ProblemSeverity.Error, message, arguments);
}
