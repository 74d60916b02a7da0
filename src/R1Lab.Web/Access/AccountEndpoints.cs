using Microsoft.AspNetCore.Antiforgery;
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
        app.MapPost(Languages.SwitchPath, UseLanguageAsync).AllowAnonymous().DisableAntiforgery().ExcludeFromDescription();
    }

    private static async Task<IResult> SignOutAsync(HttpContext context, UserSessions sessions)
    {
        await sessions.EndAsync(context.User, context.Connection.RemoteIpAddress?.ToString());
        await context.SignOutAsync(IdentityConstants.ApplicationScheme);
        return Results.LocalRedirect(AccountPaths.SignIn);
    }

    private static async Task<IResult> UseLanguageAsync(
        HttpContext context, string? returnUrl, IAntiforgery antiforgery, UserStore users, UserSessions sessions)
    {
        // Without the page's own token nothing changes; the page comes back with a new one.
        var back = Results.LocalRedirect(AccountPaths.Local(returnUrl));
        if (!context.Request.HasFormContentType || !await antiforgery.IsRequestValidAsync(context)) return back;
        var culture = (await context.Request.ReadFormAsync())["culture"].ToString();
        if (!Languages.All.Contains(culture)) return back;
        Languages.Remember(context.Response, culture);
        if (await sessions.FindAsync(context.User) is { Session: not null } actor && await users.GetAsync(actor.Id!) is { } user)
            await users.SetPreferencesAsync(actor, culture, user.Theme);
        return back;
    }
}
