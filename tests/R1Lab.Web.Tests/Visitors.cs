using System.Net;
using System.Text.RegularExpressions;
using R1Lab.Data.Access;
using R1Lab.Tests.Shared;
using R1Lab.Web.Access;

namespace R1Lab.Web.Tests;

/// <summary>People who come to the lab with a browser: they read forms and send them.</summary>
public static partial class Visitors
{
    public const string Password = "four unrelated words";

    /// <summary>A browser in which a new user with this role is signed in; the user is named like the role.</summary>
    public static async Task<HttpClient> SignedInAsync(this LabHost lab, string role)
    {
        var created = await lab.Get<UserAccounts>().CreateAsync(Actors.Lab, role, role, Password);
        Assert.True(created.Succeeded, string.Join(' ', created.Errors.Select(error => error.Description)));
        var browser = lab.Browser();
        var answer = await browser.SendFormAsync(AccountPaths.SignIn, "sign-in", ("name", role), ("password", Password));
        Assert.Equal(HttpStatusCode.Redirect, answer.StatusCode);
        return browser;
    }

    public static async Task<UserSummary> UserAsync(this LabHost lab, string name) =>
        (await lab.Get<UserStore>().ListAsync()).Single(user => user.UserName == name);

    /// <summary>The token that a form of this page carries.</summary>
    public static async Task<string> RequestTokenAsync(this HttpClient browser, string page) =>
        RequestToken().Match(await browser.GetStringAsync(new Uri(page, UriKind.Relative))).Groups["token"].Value;

    /// <summary>Opens the page, fills its form and sends it with the page's own request token.</summary>
    public static async Task<HttpResponseMessage> SendFormAsync(this HttpClient browser, string page, string form, params (string Name, string Value)[] fields)
    {
        var token = await browser.RequestTokenAsync(page);
        var content = new Dictionary<string, string> { ["_handler"] = form, ["__RequestVerificationToken"] = token };
        foreach (var (name, value) in fields) content[name] = value;
        return await browser.PostAsync(new Uri(page, UriKind.Relative), new FormUrlEncodedContent(content));
    }

    [GeneratedRegex("name=\"__RequestVerificationToken\" value=\"(?<token>[^\"]+)\"", RegexOptions.NonBacktracking)]
    private static partial Regex RequestToken();
}
