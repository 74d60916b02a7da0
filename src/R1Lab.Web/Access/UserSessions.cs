using System.Collections.Concurrent;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using R1Lab.Data.Access;

namespace R1Lab.Web.Access;

/// <summary>
/// Whether a sign-in still holds. The user's security stamp changes with role, password and disabling; a cookie is checked at every
/// request, an open page every few seconds. A session that was signed out stays ended although a copy of its cookie may remain.
/// </summary>
public sealed class UserSessions(IServiceScopeFactory scopes, IOptions<IdentityOptions> identity, TimeProvider time)
{
    /// <summary>The claim that tells one sign-in from another of the same user.</summary>
    public const string SessionClaim = "r1lab:session";

    /// <summary>How long a sign-in lasts without use.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(14);

    private readonly ConcurrentDictionary<string, DateTimeOffset> _ended = new();

    /// <summary>Ends this one sign-in, its cookie and its open pages.</summary>
    public void End(ClaimsPrincipal principal)
    {
        var now = time.GetUtcNow();
        foreach (var (session, at) in _ended)
        {
            if (now - at > Lifetime) _ended.TryRemove(session, out _);
        }

        if (principal.FindFirstValue(SessionClaim) is { } ended) _ended[ended] = now;
    }

    public async Task<bool> HoldsAsync(ClaimsPrincipal principal)
    {
        if (principal.FindFirstValue(SessionClaim) is not { } session || _ended.ContainsKey(session)) return false;
        await using var scope = scopes.CreateAsyncScope();
        var users = scope.ServiceProvider.GetRequiredService<UserManager<LabUser>>();
        var user = await users.GetUserAsync(principal);
        return user is { Disabled: false }
            && principal.FindFirstValue(identity.Value.ClaimsIdentity.SecurityStampClaimType) == await users.GetSecurityStampAsync(user);
    }

    /// <summary>The cookie's own check: a sign-in that no longer holds is ended.</summary>
    public static async Task ValidateCookieAsync(CookieValidatePrincipalContext context)
    {
        if (context.Principal is { } principal && await context.HttpContext.RequestServices.GetRequiredService<UserSessions>().HoldsAsync(principal)) return;
        context.RejectPrincipal();
        await context.HttpContext.SignOutAsync(IdentityConstants.ApplicationScheme);
    }
}
