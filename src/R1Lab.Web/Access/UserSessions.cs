using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using R1Lab.Data.Access;

namespace R1Lab.Web.Access;

/// <summary>
/// Whether a sign-in still holds. The user's security stamp changes with role, password and disabling; a cookie is checked at every
/// request, an open page every few seconds.
/// </summary>
public sealed class UserSessions(IServiceScopeFactory scopes, IOptions<IdentityOptions> identity)
{
    public async Task<bool> HoldsAsync(ClaimsPrincipal principal)
    {
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
