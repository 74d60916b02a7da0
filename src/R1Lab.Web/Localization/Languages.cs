using Microsoft.AspNetCore.Localization;

namespace R1Lab.Web.Localization;

/// <summary>The two languages of the lab and how a visitor's one is found: the remembered choice first, then what the browser asks for.</summary>
public static class Languages
{
    public const string English = "en";
    public const string Chinese = "zh-CN";

    public static IReadOnlyList<string> All { get; } = [Chinese, English];

    public static string NameOf(string language) => language == Chinese ? "简体中文" : "English";

    /// <summary>The form of every page that a language button sends; it carries the page's request token.</summary>
    public const string FormId = "language-form";

    /// <summary>The address that changes the language.</summary>
    public const string SwitchPath = "/account/language";

    /// <summary>Where a language button sends the form, to come back to the page.</summary>
    public static string SwitchAddress(string relativePage) => $"{SwitchPath}?returnUrl={Uri.EscapeDataString("/" + relativePage)}";

    public static void Configure(RequestLocalizationOptions options)
    {
        options.SetDefaultCulture(English).AddSupportedCultures(English, Chinese).AddSupportedUICultures(English, Chinese);
        options.RequestCultureProviders = [new CookieRequestCultureProvider(), new CustomRequestCultureProvider(OfBrowser)];
    }

    public static void Remember(HttpResponse response, string language) => response.Cookies.Append(
        CookieRequestCultureProvider.DefaultCookieName,
        CookieRequestCultureProvider.MakeCookieValue(new RequestCulture(language)),
        new CookieOptions { Expires = DateTimeOffset.UtcNow.AddYears(1), IsEssential = true, HttpOnly = true, Secure = response.HttpContext.Request.IsHttps, SameSite = SameSiteMode.Lax });

    // Every spelling of Chinese (zh, zh-Hans-CN, zh-TW) is better served by zh-CN than by English.
    private static Task<ProviderCultureResult?> OfBrowser(HttpContext context)
    {
        var wanted = context.Request.GetTypedHeaders().AcceptLanguage.OrderByDescending(language => language.Quality ?? 1)
            .Select(language => language.Value.Value ?? "")
            .Select(tag => tag.StartsWith("zh", StringComparison.OrdinalIgnoreCase) ? Chinese : tag.StartsWith("en", StringComparison.OrdinalIgnoreCase) ? English : null)
            .FirstOrDefault(language => language is not null);
        return Task.FromResult(wanted is null ? null : new ProviderCultureResult(wanted));
    }
}
