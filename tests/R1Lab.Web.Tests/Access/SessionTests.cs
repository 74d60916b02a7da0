using System.Net;
using R1Lab.Data.Access;
using R1Lab.Tests.Shared;
using R1Lab.Web.Access;

namespace R1Lab.Web.Tests.Access;

/// <summary>Sign-ins and keys end where the database says so: over restarts, and for what is under way.</summary>
public sealed class SessionTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SignOut_BeforeARestart_EndsCopiesOfTheCookieAfterIt()
    {
        using var folder = new TemporaryFolder();
        string cookie;
        HttpStatusCode before;
        using (var lab = At(folder))
        {
            var browser = lab.Browser();
            await lab.Get<UserAccounts>().CreateAsync(Actors.Lab, "wang", LabRoles.Trainer, Visitors.Password);
            var answer = await browser.SendFormAsync(AccountPaths.SignIn, "sign-in", ("name", "wang"), ("password", Visitors.Password));
            cookie = answer.Headers.GetValues("Set-Cookie").Single(one => one.StartsWith("lab-session=", StringComparison.Ordinal)).Split(';')[0];
            before = await OpenAsync(lab, cookie);
            await browser.PostAsync(new Uri(AccountPaths.SignOut, UriKind.Relative), null, Cancel);
        }

        using var again = At(folder);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Redirect), (before, await OpenAsync(again, cookie)));
    }

    [Fact]
    public async Task Cookie_WithoutSignOut_WorksAfterARestart()
    {
        using var folder = new TemporaryFolder();
        string cookie;
        using (var lab = At(folder))
        {
            await lab.Get<UserAccounts>().CreateAsync(Actors.Lab, "wang", LabRoles.Trainer, Visitors.Password);
            var answer = await lab.Browser().SendFormAsync(AccountPaths.SignIn, "sign-in", ("name", "wang"), ("password", Visitors.Password));
            cookie = answer.Headers.GetValues("Set-Cookie").Single(one => one.StartsWith("lab-session=", StringComparison.Ordinal)).Split(';')[0];
        }

        using var again = At(folder);

        Assert.Equal(HttpStatusCode.OK, await OpenAsync(again, cookie));
    }

    [Fact]
    public async Task Key_AfterItsOwnerBecameARater_HasTheRightsOfARater()
    {
        using var lab = new LabHost();
        await lab.Get<UserAccounts>().CreateAsync(Actors.Lab, "wang", LabRoles.Admin, Visitors.Password);
        await lab.Get<UserAccounts>().CreateAsync(Actors.Lab, "other", LabRoles.Admin, Visitors.Password);
        var owner = await lab.UserAsync("wang");
        var key = await lab.Get<AccessStore>().CreateKeyAsync(Actors.Lab, "key", [ApiScopes.All], owner.Id, cancellationToken: Cancel);
        using var client = lab.CreateClient();
        client.DefaultRequestHeaders.Authorization = new("Bearer", key.Secret);

        var before = (await StatusAsync(client, "/api/v1/runs"), await StatusAsync(client, "/api/v1/ratings/studies"));
        await lab.Get<UserAccounts>().ChangeRoleAsync(Actors.Lab, owner, LabRoles.Rater);
        var after = (await StatusAsync(client, "/api/v1/runs"), await StatusAsync(client, "/api/v1/ratings/studies"));

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.OK), before);
        Assert.Equal((HttpStatusCode.Forbidden, HttpStatusCode.OK), after);
    }

    [Theory]
    [InlineData(ApiScopes.All, LabRoles.Viewer, "Viewer")]
    [InlineData(ApiScopes.Write, LabRoles.Admin, "Trainer")]
    [InlineData(ApiScopes.Write, LabRoles.Viewer, "Viewer")]
    [InlineData(ApiScopes.Generate, LabRoles.Viewer, "")]
    [InlineData(ApiScopes.Generate, LabRoles.Trainer, "Generate")]
    [InlineData(ApiScopes.Read, LabRoles.Rater, "")]
    [InlineData("read rate", LabRoles.Rater, "Rater")]
    [InlineData("read rate", LabRoles.Trainer, "Viewer Rater")]
    [InlineData("read write", null, "Viewer Trainer")]
    [InlineData("unknown", LabRoles.Admin, "")]
    public void OfKey_ScopesAndOwner_AreWhatBothAllow(string scopes, string? owner, string roles) =>
        Assert.Equal(roles, string.Join(' ', LabRights.OfKey(scopes, owner)));

    private static LabHost At(TemporaryFolder folder) => LabHost.With(new() { ["Lab:DataFolder"] = folder.Path });

    private static async Task<HttpStatusCode> OpenAsync(LabHost lab, string cookie)
    {
        using var client = lab.CreateClient(new() { AllowAutoRedirect = false, HandleCookies = false });
        client.DefaultRequestHeaders.Add("Cookie", cookie);
        return await StatusAsync(client, "/");
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient client, string path) =>
        (await client.GetAsync(new Uri(path, UriKind.Relative), Cancel)).StatusCode;
}
