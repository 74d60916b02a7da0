using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using R1Lab.Data.Access;

namespace R1Lab.Web.Access;

/// <summary>Identity's sign-in, which also refuses disabled users and gives every sign-in a name of its own.</summary>
public sealed class LabSignIn(
    UserManager<LabUser> users, IHttpContextAccessor context, IUserClaimsPrincipalFactory<LabUser> claims, IOptions<IdentityOptions> options,
    ILogger<SignInManager<LabUser>> log, IAuthenticationSchemeProvider schemes, IUserConfirmation<LabUser> confirmation)
    : SignInManager<LabUser>(users, context, claims, options, log, schemes, confirmation)
{
    public override async Task<bool> CanSignInAsync(LabUser user) => !user.Disabled && await base.CanSignInAsync(user);

    public override async Task<ClaimsPrincipal> CreateUserPrincipalAsync(LabUser user)
    {
        var principal = await base.CreateUserPrincipalAsync(user);
        ((ClaimsIdentity)principal.Identity!).AddClaim(new Claim(UserSessions.SessionClaim, Guid.NewGuid().ToString()));
        return principal;
    }
}
