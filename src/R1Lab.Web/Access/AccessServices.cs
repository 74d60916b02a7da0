using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection.Extensions;
using R1Lab.Data;
using R1Lab.Data.Access;
using R1Lab.Web.Errors;
using R1Lab.Web.Options;

namespace R1Lab.Web.Access;

/// <summary>Who may come in: Identity with cookies for people, keys for programs, policies for both.</summary>
public static class AccessServices
{
    private const string EitherScheme = "CookieOrKey";

    public static IServiceCollection AddLabAccess(this IServiceCollection services, LabOptions lab)
    {
        services.AddDataProtection().SetApplicationName("R1Lab").PersistKeysToFileSystem(new DirectoryInfo(lab.KeysFolder));
        services.AddLabIdentity();
        services.AddSingleton<UserSessions>();
        services.AddSingleton<ActiveRequests>();
        services.AddHostedService(provider => provider.GetRequiredService<ActiveRequests>());
        services.AddScoped<SignInDesk>();
        services.AddScoped<LiveSession>();
        services.AddAntiforgery(options =>
        {
            options.Cookie.Name = "lab-form";
            options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
        });
        services.AddLabSchemes();
        services.AddAuthorization(LabPolicies.Configure);
        services.AddCascadingAuthenticationState();
        services.AddScoped<AuthenticationStateProvider, CircuitSession>();
        services.AddRateLimiter(limiter => RateLimits.Configure(limiter, lab));
        return services;
    }

    /// <summary>Accounts and their rules, without cookies.</summary>
    public static IServiceCollection AddLabIdentity(this IServiceCollection services)
    {
        services.Replace(ServiceDescriptor.Singleton<ILookupNormalizer, NameNormalizer>());
        services.AddIdentityCore<LabUser>(ConfigureIdentity)
            .AddRoles<IdentityRole>()
            .AddEntityFrameworkStores<LabDbContext>()
            .AddSignInManager<LabSignIn>()
            .AddErrorDescriber<AccountErrors>()
            .AddPasswordValidator<PasswordRules>()
            .AddDefaultTokenProviders();
        services.Configure<PasswordHasherOptions>(hasher => hasher.IterationCount = PasswordRules.HashIterations);
        services.AddScoped<AccountErrors>();
        services.AddSingleton<UserAccounts>();
        return services;
    }

    private static void AddLabSchemes(this IServiceCollection services)
    {
        var authentication = services.AddAuthentication(options =>
        {
            options.DefaultScheme = EitherScheme;
            options.DefaultSignInScheme = IdentityConstants.ApplicationScheme;
        });
        authentication.AddPolicyScheme(EitherScheme, null, options =>
            options.ForwardDefaultSelector = context => ApiKeyHandler.IsUsedBy(context.Request) ? ApiKeyHandler.SchemeName : IdentityConstants.ApplicationScheme);
        authentication.AddScheme<AuthenticationSchemeOptions, ApiKeyHandler>(ApiKeyHandler.SchemeName, null);
        authentication.AddIdentityCookies();
        services.ConfigureApplicationCookie(options =>
        {
            options.Cookie.Name = "lab-session";
            options.Cookie.HttpOnly = true;
            options.Cookie.SameSite = SameSiteMode.Lax;
            options.Cookie.SecurePolicy = CookieSecurePolicy.SameAsRequest;
            options.ExpireTimeSpan = UserSessions.Lifetime;
            options.SlidingExpiration = true;
            options.LoginPath = AccountPaths.SignIn;
            options.AccessDeniedPath = AccountPaths.Denied;
            options.ReturnUrlParameter = "returnUrl";
            options.Events.OnValidatePrincipal = UserSessions.ValidateCookieAsync;
            var toSignIn = options.Events.OnRedirectToLogin;
            var toDenied = options.Events.OnRedirectToAccessDenied;
            options.Events.OnRedirectToLogin = context => context.Request.IsApi() ? ApiError.Unauthorized().ExecuteAsync(context.HttpContext) : toSignIn(context);
            options.Events.OnRedirectToAccessDenied = context => context.Request.IsApi() ? ApiError.Forbidden().ExecuteAsync(context.HttpContext) : toDenied(context);
        });
    }

    private static void ConfigureIdentity(IdentityOptions options)
    {
        options.User.AllowedUserNameCharacters = ""; // any script: people are called 王芳, too
        options.Password.RequiredLength = PasswordRules.ShortestPassword;
        options.Password.RequireDigit = false;
        options.Password.RequireLowercase = false;
        options.Password.RequireUppercase = false;
        options.Password.RequireNonAlphanumeric = false;
        options.Lockout.MaxFailedAccessAttempts = 5;
        options.Lockout.DefaultLockoutTimeSpan = TimeSpan.FromMinutes(1);
    }
}
