using System.Globalization;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using R1Lab.Data.Access;

namespace R1Lab.Web.Access;

/// <summary>
/// Whether a sign-in or key still holds, and what it may do now. The user's security stamp changes with role, password and disabling; a sign-in
/// that was signed out stays ended although a copy of its cookie may remain.
/// </summary>
public sealed class UserSessions(SessionStore sessions, IOptions<IdentityOptions> identity)
{
    /// <summary>The claim that tells one sign-in from another of the same user.</summary>
    public const string SessionClaim = "r1lab:session";

    /// <summary>How long a sign-in lasts without use.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(14);

    /// <summary>The actor with its present rights; null when the sign-in or key has ended.</summary>
    /// <param name="address">Where the request comes from.</param>
    public Task<Actor?> FindAsync(ClaimsPrincipal principal, string? address = null, CancellationToken cancellationToken = default) =>
        principal.FindFirstValue(Visitor.KeyClaim) is { } key ? OfKeyAsync(principal, key, address, cancellationToken)
        : principal.FindFirstValue(SessionClaim) is { } session ? OfUserAsync(principal, session, address, cancellationToken)
        : Task.FromResult<Actor?>(null);

    public async Task<bool> HoldsAsync(ClaimsPrincipal principal, CancellationToken cancellationToken = default) =>
        await FindAsync(principal, null, cancellationToken) is not null;

    /// <summary>Ends this one sign-in, its cookie and its open pages.</summary>
    public async Task EndAsync(ClaimsPrincipal principal, string? address)
    {
        if (await FindAsync(principal, address) is { } actor) await sessions.EndAsync(actor, Lifetime);
    }

    /// <summary>The cookie's own check: a sign-in that no longer holds is ended.</summary>
    public static async Task ValidateCookieAsync(CookieValidatePrincipalContext context)
    {
        if (context.Principal is { } principal && await context.HttpContext.RequestServices.GetRequiredService<UserSessions>().HoldsAsync(principal)) return;
        context.RejectPrincipal();
        await context.HttpContext.SignOutAsync(IdentityConstants.ApplicationScheme);
    }

    private async Task<Actor?> OfUserAsync(ClaimsPrincipal principal, string session, string? address, CancellationToken cancellationToken)
    {
        if (principal.FindFirstValue(ClaimTypes.NameIdentifier) is not { } id) return null;
        if (await sessions.FindAsync(id, session, cancellationToken) is not { Disabled: false } account) return null;
        if (principal.FindFirstValue(identity.Value.ClaimsIdentity.SecurityStampClaimType) != account.SecurityStamp) return null;
        return Actor.Of(account.Id, account.Name, account.Role is { } role ? [role] : [], session: session, address: address);
    }

    private async Task<Actor?> OfKeyAsync(ClaimsPrincipal principal, string key, string? address, CancellationToken cancellationToken)
    {
        var name = principal.Identity?.Name ?? "-";
        if (key == ApiKeyHandler.Bootstrap) return Actor.Of($"key {key}", name, [LabRoles.Admin], address: address);
        var number = int.Parse(key, CultureInfo.InvariantCulture);
        if (await sessions.FindKeyAsync(number, principal.FindFirstValue(Visitor.SecretClaim), cancellationToken) is not { Holds: true } live) return null;
        return Actor.Of(live.Owner?.Id ?? $"key {key}", live.Owner?.Name ?? live.Key.Name, live.Roles, number, address: address);
    }
}
