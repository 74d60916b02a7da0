using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Identity;
using R1Lab.Data.Access;
using R1Lab.Web.Localization;

namespace R1Lab.Web.Access;

/// <summary>The two account actions that are no page: signing out, and remembering a language.</summary>
public static class AccountEndpoints
{
    public static void MapAccount(this IEndpointRouteBuilder app)
    {
        app.MapPost(AccountPaths.SignOut, SignOutAsync).ExcludeFromDescription();
        app.MapGet(AccountPaths.Language, UseLanguageAsync).AllowAnonymous().ExcludeFromDescription();
    }

    private static async Task<IResult> SignOutAsync(HttpContext context, UserSessions sessions)
    {
        await sessions.EndAsync(context.User, context.Connection.RemoteIpAddress?.ToString());
        await context.SignOutAsync(IdentityConstants.ApplicationScheme);
        return Results.LocalRedirect(AccountPaths.SignIn);
    }

    private static async Task<IResult> UseLanguageAsync(HttpContext context, string culture, string? returnUrl, UserStore users, UserSessions sessions)
    {
        if (!Languages.All.Contains(culture)) return Results.BadRequest();
        Languages.Remember(context.Response, culture);
        if (await sessions.FindAsync(context.User) is { Session: not null } actor && await users.GetAsync(actor.Id!) is { } user)
            await users.SetPreferencesAsync(actor, culture, user.Theme);
        return Results.LocalRedirect(AccountPaths.Local(returnUrl));
    }
}
