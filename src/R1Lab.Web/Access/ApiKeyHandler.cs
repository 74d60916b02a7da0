using System.Globalization;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using R1Lab.Data.Access;
using R1Lab.Web.Api;
using R1Lab.Web.Options;

namespace R1Lab.Web.Access;

/// <summary>Reads <c>Authorization: Bearer r1l_...</c>. A key has the roles of its scopes; it dies with its owner's account.</summary>
public sealed class ApiKeyHandler(
    IOptionsMonitor<AuthenticationSchemeOptions> schemeOptions, ILoggerFactory logs, UrlEncoder encoder,
    AccessStore keys, UserStore users, ActiveKeyRequests active, IOptions<LabOptions> lab)
    : AuthenticationHandler<AuthenticationSchemeOptions>(schemeOptions, logs, encoder)
{
    public const string SchemeName = "ApiKey";
    private const string Bearer = "Bearer ";

    public static bool IsUsedBy(HttpRequest request) =>
        request.Headers.Authorization is [{ } header, ..] && header.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase);

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (!IsUsedBy(Request)) return AuthenticateResult.NoResult();
        var secret = Request.Headers.Authorization[0]![Bearer.Length..].Trim();
        if (IsBootstrap(secret)) return Success("bootstrap", LabPolicies.RolesOf(ApiScopes.All), new Claim(ClaimTypes.NameIdentifier, "key bootstrap"));

        var key = await keys.FindKeyAsync(secret, Context.RequestAborted);
        if (key is null) return AuthenticateResult.Fail("The key is unknown, revoked or expired.");
        var owner = key.OwnerId is null ? null : await users.GetAsync(key.OwnerId, Context.RequestAborted);
        if (key.OwnerId is not null && owner is null or { Disabled: true }) return AuthenticateResult.Fail("The key's owner is disabled.");

        active.Add(Context, key.Id);
        var number = key.Id.ToString(CultureInfo.InvariantCulture);
        return Success(owner?.UserName ?? key.Name, LabPolicies.RolesOf(key.Scopes),
            new Claim(ClaimTypes.NameIdentifier, owner?.Id ?? $"key {number}"), new Claim(Visitor.KeyClaim, number));
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.Headers.WWWAuthenticate = "Bearer";
        return ApiError.Unauthorized().ExecuteAsync(Context);
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) => ApiError.Forbidden().ExecuteAsync(Context);

    private bool IsBootstrap(string secret) => lab.Value.Bootstrap.ApiKey is { Length: > 0 } bootstrap
        && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(secret)), SHA256.HashData(Encoding.UTF8.GetBytes(bootstrap)));

    private static AuthenticateResult Success(string name, IEnumerable<string> roles, params Claim[] claims)
    {
        var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, name), .. claims, .. roles.Select(role => new Claim(ClaimTypes.Role, role))], SchemeName);
        return AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), SchemeName));
    }
}
