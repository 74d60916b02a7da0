using System.Net;
using R1Lab.Data.Access;
using R1Lab.Tests.Shared;
using R1Lab.Web.Access;

namespace R1Lab.Web.Tests.Access;

public sealed class SignInTests : IDisposable
{
    private readonly LabHost _lab = new();

    public void Dispose() => _lab.Dispose();

    [Theory]
    [InlineData("/datasets/1", "/datasets/1")]
    [InlineData("//evil.example/x", "/")]
    [InlineData("https://evil.example", "/")]
    [InlineData("/\\evil.example", "/")]
    public async Task SignIn_WithReturnAddress_StaysInTheLab(string returnUrl, string expected)
    {
        (await _lab.SignedInAsync(LabRoles.Trainer)).Dispose();

        var answer = await _lab.Browser().SendFormAsync($"{AccountPaths.SignIn}?returnUrl={Uri.EscapeDataString(returnUrl)}", "sign-in", ("name", LabRoles.Trainer), ("password", Visitors.Password));

        Assert.Equal(expected, new Uri(new Uri("http://localhost"), answer.Headers.Location!).PathAndQuery);
    }

    [Fact]
    public async Task SignIn_UnknownNameAndWrongPassword_LookTheSame()
    {
        (await _lab.SignedInAsync(LabRoles.Trainer)).Dispose();

        var unknown = await FailAsync("nobody", Visitors.Password);
        var wrong = await FailAsync(LabRoles.Trainer, "another password");

        Assert.Equal(unknown, wrong);
        Assert.Contains("Name or password is wrong", wrong, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SignIn_AfterFiveWrongPasswords_RefusesTheRightOne()
    {
        (await _lab.SignedInAsync(LabRoles.Trainer)).Dispose();
        for (var guess = 0; guess < 5; guess++) await FailAsync(LabRoles.Trainer, $"guess number {guess}");

        var answer = await _lab.Browser().SendFormAsync(AccountPaths.SignIn, "sign-in", ("name", LabRoles.Trainer), ("password", Visitors.Password));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task SignIn_OfDisabledUser_IsRefused()
    {
        (await _lab.SignedInAsync(LabRoles.Trainer)).Dispose();
        await _lab.Get<UserAccounts>().SetDisabledAsync(Actors.Lab, await _lab.UserAsync(LabRoles.Trainer), true);

        var answer = await _lab.Browser().SendFormAsync(AccountPaths.SignIn, "sign-in", ("name", LabRoles.Trainer), ("password", Visitors.Password));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Theory]
    [InlineData("role")]
    [InlineData("disabled")]
    [InlineData("password")]
    public async Task Session_AfterItsRightsChanged_EndsAtOnce(string change)
    {
        var browser = await _lab.SignedInAsync(LabRoles.Trainer);
        var user = await _lab.UserAsync(LabRoles.Trainer);
        var accounts = _lab.Get<UserAccounts>();

        if (change == "role") await accounts.ChangeRoleAsync(Actors.Lab, user, LabRoles.Viewer);
        if (change == "disabled") await accounts.SetDisabledAsync(Actors.Lab, user, true);
        if (change == "password") await accounts.ResetPasswordAsync(Actors.Lab, user.Id, "another good password");
        var answer = await browser.GetAsync(new Uri("/", UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.Equal(AccountPaths.SignIn, answer.Headers.Location?.AbsolutePath);
    }

    [Fact]
    public async Task SignOut_EndsTheSession()
    {
        var browser = await _lab.SignedInAsync(LabRoles.Trainer);

        await browser.PostAsync(new Uri(AccountPaths.SignOut, UriKind.Relative), null, TestContext.Current.CancellationToken);
        var answer = await browser.GetAsync(new Uri("/", UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.Equal(AccountPaths.SignIn, answer.Headers.Location?.AbsolutePath);
    }

    [Fact]
    public async Task SignOut_EndsACopyOfTheCookie_ButNoOtherSignIn()
    {
        var here = await _lab.SignedInAsync(LabRoles.Trainer);
        var elsewhere = _lab.Browser();
        await elsewhere.SendFormAsync(AccountPaths.SignIn, "sign-in", ("name", LabRoles.Trainer), ("password", Visitors.Password));
        var copier = _lab.CreateClient(new() { AllowAutoRedirect = false, HandleCookies = false });
        var signIn = await _lab.Browser().SendFormAsync(AccountPaths.SignIn, "sign-in", ("name", LabRoles.Trainer), ("password", Visitors.Password));
        copier.DefaultRequestHeaders.Add("Cookie", signIn.Headers.GetValues("Set-Cookie").Single(cookie => cookie.StartsWith("lab-session", StringComparison.Ordinal)).Split(';')[0]);

        await here.PostAsync(new Uri(AccountPaths.SignOut, UriKind.Relative), null, TestContext.Current.CancellationToken);
        await copier.PostAsync(new Uri(AccountPaths.SignOut, UriKind.Relative), null, TestContext.Current.CancellationToken);
        var copied = await copier.GetAsync(new Uri("/", UriKind.Relative), TestContext.Current.CancellationToken);
        var other = await elsewhere.GetAsync(new Uri("/", UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.Redirect, HttpStatusCode.OK), (copied.StatusCode, other.StatusCode));
    }

    [Fact]
    public async Task Password_Changed_KeepsThisSessionAndEndsTheOthers()
    {
        var here = await _lab.SignedInAsync(LabRoles.Trainer);
        var elsewhere = _lab.Browser();
        await elsewhere.SendFormAsync(AccountPaths.SignIn, "sign-in", ("name", LabRoles.Trainer), ("password", Visitors.Password));

        await here.SendFormAsync(AccountPaths.Password, "password", ("current", Visitors.Password), ("next", "another good password"), ("repeat", "another good password"));
        var stays = await here.GetAsync(new Uri("/", UriKind.Relative), TestContext.Current.CancellationToken);
        var ends = await elsewhere.GetAsync(new Uri("/", UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Redirect), (stays.StatusCode, ends.StatusCode));
    }

    [Fact]
    public async Task Form_WithoutRequestToken_IsRefused()
    {
        using var content = new FormUrlEncodedContent(new Dictionary<string, string> { ["_handler"] = "sign-in", ["name"] = "a", ["password"] = "b" });

        var answer = await _lab.Browser().PostAsync(new Uri(AccountPaths.SignIn, UriKind.Relative), content, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task Audit_AfterSignIns_NamesThem()
    {
        (await _lab.SignedInAsync(LabRoles.Trainer)).Dispose();
        await FailAsync("nobody", "x");

        var page = await _lab.Get<AuditStore>().PageAsync(0, 10, "sign-in", TestContext.Current.CancellationToken);

        Assert.Equal([("sign-in.refused", "nobody"), ("sign-in", LabRoles.Trainer)], page.Entries.Select(entry => (entry.Action, entry.ActorName)));
    }

    private async Task<string> FailAsync(string name, string password)
    {
        var answer = await _lab.Browser().SendFormAsync(AccountPaths.SignIn, "sign-in", ("name", name), ("password", password));
        var html = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var from = html.IndexOf("<p class=\"form-error\"", StringComparison.Ordinal);
        return html[from..html.IndexOf("</p>", from, StringComparison.Ordinal)];
    }
}
