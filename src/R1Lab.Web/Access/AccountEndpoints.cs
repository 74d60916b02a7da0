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

    private static async Task<IResult> SignOutAsync(HttpContext context, AuditStore audit, UserSessions sessions)
    {
        sessions.End(context.User);
        await audit.RecordAsync(Visitor.Of(context.User).Did("sign-out", address: context.Connection.RemoteIpAddress?.ToString()));
        await context.SignOutAsync(IdentityConstants.ApplicationScheme);
        return Results.LocalRedirect(AccountPaths.SignIn);
    }

    private static async Task<IResult> UseLanguageAsync(HttpContext context, string culture, string? returnUrl, UserStore users)
    {
        if (!Languages.All.Contains(culture)) return Results.BadRequest();
        Languages.Remember(context.Response, culture);
        if (Visitor.Of(context.User).UserId is { } id && await users.GetAsync(id) is { } user) await users.SetPreferencesAsync(id, culture, user.Theme);
        return Results.LocalRedirect(AccountPaths.Local(returnUrl));
    }
}
