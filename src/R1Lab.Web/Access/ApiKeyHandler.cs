using System.Globalization;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using R1Lab.Data.Access;
using R1Lab.Web.Errors;
using R1Lab.Web.Options;

namespace R1Lab.Web.Access;

/// <summary>
/// Reads <c>Authorization: Bearer r1l_...</c>. A key has the roles of its scopes as far as its owner has them now; it dies with its owner's account.
/// </summary>
public sealed class ApiKeyHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> schemeOptions, ILoggerFactory logs, UrlEncoder encoder,
    AccessStore keys, SessionStore sessions, IOptions<LabOptions> lab)
    : AuthenticationHandler<AuthenticationSchemeOptions>(schemeOptions, logs, encoder)
{
    public const string SchemeName = "ApiKey";
    /// <summary>The key of the settings, for unattended installs: it stands in place of a number.</summary>
    public const string Bootstrap = "bootstrap";

    private const string Bearer = "Bearer ";

    public static bool IsUsedBy(HttpRequest request) =>
        request.Headers.Authorization is [{ } header, ..] && header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase);

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (!IsUsedBy(Request)) return AuthenticateResult.NoResult();
        var secret = Request.Headers.Authorization[0]![Bearer.Length..].Trim();
        if (IsBootstrap(secret)) return Success(Bootstrap, $"key {Bootstrap}", Bootstrap, [LabRoles.Admin]);

        if (await keys.FindKeyAsync(secret, Context.RequestAborted) is not { Key: var key } used
            || await sessions.FindKeyAsync(key.Id, used.Sha256, Context.RequestAborted) is not { } live)
            return AuthenticateResult.Fail("The key is unknown, revoked or expired.");
        if (!live.Holds) return AuthenticateResult.Fail("The key's owner is disabled.");

        var number = key.Id.ToString(CultureInfo.InvariantCulture);
        return Success(live.Owner?.Name ?? key.Name, live.Owner?.Id ?? $"key {number}", number, live.Roles, new Claim(Visitor.SecretClaim, used.Sha256));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.Headers.WWWAuthenticate = "Bearer";
        return ApiError.Unauthorized().ExecuteAsync(Context);
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) => ApiError.Forbidden().ExecuteAsync(Context);

    private bool IsBootstrap(string secret) => lab.Value.Bootstrap.ApiKey is { Length: > 0 } bootstrap
        && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(secret)), SHA256.HashData(Encoding.UTF8.GetBytes(bootstrap)));

    private static AuthenticateResult Success(string name, string id, string key, IEnumerable<string> roles, params Claim[] more)
    {
        Claim[] who = [new(ClaimTypes.Name, name), new(ClaimTypes.NameIdentifier, id), new(Visitor.KeyClaim, key), .. more];
        var identity = new ClaimsIdentity([.. who, .. roles.Select(role => new Claim(ClaimTypes.Role, role))], SchemeName);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), SchemeName));
    }
}
