namespace R1Lab.Web.Localization;

/// <summary>The remembered theme; the browser writes the cookie (wwwroot/js/theme.js), the first byte of a page already has its colours.</summary>
public static class ThemeCookie
{
    public const string Name = "lab-theme";

    public static string? Read(HttpRequest request) => request.Cookies[Name] is "light" or "dark" ? request.Cookies[Name] : null;
}
